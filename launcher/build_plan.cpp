#include "launcher/build_plan.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "launcher/captured_variables.h"
#include "launcher/entry_point.h"
#include "launcher/image_dependencies.h"
#include "launcher/name_list.h"
#include "launcher/python_options.h"
#include "launcher/python_probe.h"
#include "launcher/startup_variables.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

constexpr std::string_view kPrinted = "the imports printed: ";
constexpr std::string_view kHolds = "the image holds the values of these variables";

// Once each, the base's first; what its imports printed is history, and what it holds is looked at
// again.
std::vector<std::string> notices_of(const FrozenInterpreter& frozen, const Origin& origin) {
  std::vector<std::string> notices;
  if (origin.base) {
    for (const std::string& notice : origin.base->notices) {
      if (!notice.starts_with(kPrinted) && !notice.starts_with(kHolds)) add_once(notices, notice);
    }
  }
  if (frozen.shed_threads != 0) {
    add_once(notices,
             fmt::format("{} native threads were shed; their libraries start them again on demand",
                         frozen.shed_threads));
  }
  add_once(notices, frozen.notices);
  if (!frozen.printed.empty()) {
    constexpr size_t kMost = 200;
    add_once(notices, fmt::format("{}{:.{}}", kPrinted, frozen.printed, kMost));
  }
  return notices;
}

// What nobody asked to keep, and everybody who gets the image has.
void add_captured_variables(const snapshot::Snapshot& snapshot, const BaseImage* base,
                            elf_writer::ImageContents& contents) {
  std::vector<std::string> paths = {contents.interpreter};
  for (const snapshot::CapturedFile& file : snapshot.files) paths.push_back(file.original.path);
  for (const elf_writer::Dependency& file : contents.dependencies) paths.push_back(file.path);
  const std::vector<std::string> environment = boot_environment();
  contents.captured = captured_variables(snapshot, environment, paths);
  if (base != nullptr) add_once(contents.captured, base->captured_variables);
  const std::vector<std::string> secret = secret_variables(contents.captured, environment);
  if (secret.empty()) return;
  contents.notices.push_back(
      fmt::format("{}, as its imports have kept them: {}; whoever can read the image can read them",
                  kHolds, fmt::join(secret, ", ")));
}

// The program of a static interpreter, the library of any other.
std::string runtime_file(const PythonInterpreter& python, const FrozenInterpreter& frozen) {
  for (const std::string& file : frozen.start_files) {
    if (std::filesystem::path(file).filename().string().starts_with("libpython")) return file;
  }
  return python.file;
}

Result<OwnProgram> plan_script(const BuildOptions& options, BootOrders& orders) {
  std::error_code error;
  const std::string script = std::filesystem::absolute(options.script, error);
  if (!std::filesystem::is_regular_file(script, error) || ::access(script.c_str(), R_OK) != 0) {
    return support::fail(Error::because(
        ErrorKind::kInput, fmt::format("the script {} is no file that can be read", script)));
  }
  orders.script = script;
  return OwnProgram{script, format::ProgramKind::kCheckpoint};
}

// A program that is launched from the base is frozen at its next checkpoint.
Result<OwnProgram> plan_program_of(const BaseImage& base, const BuildOptions& options,
                                   BootOrders& orders) {
  orders.python_options = base.python_options;
  if (!base.program.empty() && !options.script.empty()) {
    return support::fail(Error::because(
        ErrorKind::kUsage, fmt::format("the image {} goes on with its own program {}; leave out "
                                       "--script, or name an image of modules",
                                       base.path, base.program)));
  }
  if (!base.program.empty()) return OwnProgram{base.program, format::ProgramKind::kCheckpoint};
  if (options.script.empty()) {
    return support::fail(Error::because(
        ErrorKind::kUsage,
        fmt::format("the image {} has no program of its own; name one with --script", base.path)));
  }
  return plan_script(options, orders);
}

}  // namespace

Result<Origin> find_origin(const BuildOptions& options) {
  if (options.base.empty()) {
    const Result<PythonInterpreter> python = probe_python(options.python);
    if (!python) return support::fail(python.error());
    return Origin{*python, std::nullopt};
  }
  const Result<BaseImage> base = open_base_image(options.base);
  if (!base) return support::fail(base.error());
  return Origin{base->python, *base};
}

Result<OwnProgram> plan_program(const BuildOptions& options, const Origin& origin,
                                BootOrders& orders) {
  if (::getrandom(&orders.generation, sizeof orders.generation, 0) < 0)
    return support::fail(Error::from_errno("getting random bytes"));
  orders.script_arguments = options.script_arguments;
  if (origin.base) return plan_program_of(*origin.base, options, orders);
  const Result<std::vector<std::string>> python_options =
      read_identity_options(options.python_options);
  if (!python_options) return support::fail(python_options.error());
  orders.python_options = options.python_words.empty() ? *python_options : options.python_words;
  orders.modules = options.modules;
  orders.search_directory = options.search_directory;
  orders.learned = options.learned;
  orders.refuses_output = options.refuses_output;
  orders.left_out = options.left_out;
  orders.code_only = options.code_only;
  orders.excluded = options.excluded;
  orders.ignored_variables = options.variables.ignored;
  orders.warm_up = options.warm_up;
  if (!options.entry_point.empty()) {
    const Result<EntryPoint> entry = find_entry_point(origin.python, options.entry_point);
    if (!entry) return support::fail(entry.error());
    orders.modules.push_back(entry->module);
    return OwnProgram{entry->script, format::ProgramKind::kScript};
  }
  if (!options.script.empty()) return plan_script(options, orders);
  return OwnProgram{"", format::ProgramKind{0}};
}

snapshot::FrozenProcess frozen_process(const FrozenInterpreter& frozen, const Origin& origin,
                                       const Installation& installation, snapshot::Carry carry) {
  snapshot::FrozenProcess process = {};
  process.process = frozen.process;
  process.ceiling = frozen.ceiling;
  process.agent_state_address = frozen.agent_state_address;
  process.carry = carry;
  process.carried_files = frozen.start_files;
  process.runtime_file = runtime_file(origin.python, frozen);
  process.agent_file = installation.agent;
  if (!origin.base) return process;
  process.base_file = origin.base->mapped_path;
  process.base_inode = origin.base->inode;
  process.base_dependencies = origin.base->files;
  return process;
}

Result<elf_writer::ImageContents> image_contents(const BuildOptions& options, const Origin& origin,
                                                 const Installation& installation,
                                                 const FrozenInterpreter& frozen,
                                                 const snapshot::Snapshot& snapshot,
                                                 const BootOrders& orders) {
  elf_writer::ImageContents contents;
  contents.interpreter = origin.python.executable;
  contents.interpreter_version = origin.python.version;
  contents.interpreter_file = origin.python.file;
  contents.modules = frozen.modules;
  contents.notices = notices_of(frozen, origin);
  contents.options = orders.python_options;
  OtherVariables others = options.variables;
  const BaseImage* base = origin.base ? &*origin.base : nullptr;
  others.compared.insert(others.compared.end(), frozen.variables.begin(), frozen.variables.end());
  others.directory = frozen.directory;
  if (base != nullptr)
    others.ignored.insert(others.ignored.end(), base->ignored_variables.begin(),
                          base->ignored_variables.end());
  contents.startup = startup_variables(snapshot, others, orders.python_options);
  Result<std::string> restorer = support::read_text(installation.run_program);
  if (!restorer) return support::fail(restorer.error());
  contents.restorer = std::move(*restorer);
  contents.created_seconds =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count());
  contents.generation = orders.generation;
  contents.dependencies = options.configuration_files;
  const Status known = add_dependencies(frozen, base, installation, snapshot, contents);
  if (!known) return support::fail(known.error());
  if (options.is_trusted) contents.flags |= format::kTrusted;
  if (options.aslr == Aslr::kLaunch) contents.flags |= format::kMovesAtLaunch;
  add_captured_variables(snapshot, base, contents);
  return contents;
}

}  // namespace pysnap::launcher
