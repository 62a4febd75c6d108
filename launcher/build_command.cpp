#include "launcher/build_command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "elf_writer/image_writer.h"
#include "launcher/arena_boot.h"
#include "launcher/base_image.h"
#include "launcher/captured_variables.h"
#include "launcher/entry_point.h"
#include "launcher/first_launch.h"
#include "launcher/image_dependencies.h"
#include "launcher/installation.h"
#include "launcher/name_list.h"
#include "launcher/progress.h"
#include "launcher/python_options.h"
#include "launcher/python_probe.h"
#include "launcher/startup_variables.h"
#include "launcher/temporary_image.h"
#include "snapshot/capture.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

using Clock = std::chrono::steady_clock;

// Known before the long work: a build that cannot store its result should not start.
Status check_output(const std::string& output) {
  if (output.empty())
    return support::fail(Error::because(ErrorKind::kUsage, "name the image to write with -o"));
  std::filesystem::path directory = std::filesystem::path(output).parent_path();
  if (directory.empty()) directory = ".";
  if (!std::filesystem::is_directory(directory)) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("the directory {} does not exist; create it or choose another output",
                    directory.string())));
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return support::fail(Error::from_errno(fmt::format(
        "the directory {} cannot be written; choose another output", directory.string())));
  }
  // Publishing renames over the name: a device or a directory must not be replaced by an image.
  std::error_code ignored;
  if (std::filesystem::exists(output, ignored) &&
      !std::filesystem::is_regular_file(output, ignored)) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("{} exists and is not a regular file; name another output", output)));
  }
  return {};
}

// What an image is made from: an interpreter, or another image of one.
struct Origin {
  PythonInterpreter python;
  std::optional<BaseImage> base;
};

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
  add_captured_variables(snapshot, base, contents);
  return contents;
}

void summarise(const BuildOptions& options, const Origin& origin,
               const snapshot::Snapshot& snapshot, const elf_writer::ImageContents& contents,
               const elf_writer::WrittenImage& written, Clock::time_point start) {
  if (options.is_quiet) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print("{}: CPython {}, {} modules, {:.1f} MB, {} mappings (of {}), {:.1f} s\n",
             options.output, origin.python.version, contents.modules.size(),
             static_cast<double>(written.size) / 1e6, written.regions, snapshot.mapping_count,
             seconds);
  for (const std::string& notice : contents.notices) fmt::print("note: {}\n", notice);
}

// The program of an image for one; of any other image, no script and kind 0.
struct OwnProgram {
  std::string script;
  format::ProgramKind kind;
};

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

// What the interpreter is to do, and what launches will run.
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

// N of "3.N.2".
int minor_version_of(const PythonInterpreter& python) {
  const size_t dot = python.version.find('.');
  return dot == std::string::npos ? 0 : std::atoi(python.version.c_str() + dot + 1);
}

// Boots again, with the inputs of the first boot, if the image is to be one that moves.
Result<Relocation> find_relocation(const BuildOptions& options, const Origin& origin,
                                   const Installation& installation, const BootOrders& orders,
                                   const std::function<void(const std::string&)>& report,
                                   BootInputs& inputs, snapshot::Snapshot& snapshot) {
  const auto boot_again = [&](uint64_t ceiling) -> Result<snapshot::Snapshot> {
    inputs.begin_again();
    const Result<FrozenInterpreter> again =
        boot_and_freeze(origin.python, installation, orders, report, inputs, ceiling);
    if (!again) return support::fail(again.error());
    return snapshot::capture(frozen_process(*again, origin, installation, options.carry));
  };
  return make_relocatable(options.relocatable, minor_version_of(origin.python), snapshot,
                          boot_again);
}

void add_relocation(const Relocation& relocation, elf_writer::ImageContents& contents) {
  contents.relocations = relocation.relocations;
  if (!relocation.notice.empty()) contents.notices.push_back(relocation.notice);
}

Status add_hot_pages(const BuildOptions& options, const Installation& installation,
                     const snapshot::Snapshot& snapshot, const BootOrders& orders,
                     elf_writer::ImageContents& contents) {
  const TemporaryImage draft(options.output);
  const Result<elf_writer::WrittenImage> written =
      elf_writer::write_image(snapshot, contents, draft.path(), elf_writer::Purpose::kDraft);
  if (!written) return support::fail(written.error());
  contents.hot_runs = find_hot_pages(installation, draft.path(), snapshot, orders.python_options,
                                     static_cast<format::ProgramKind>(contents.program_kind));
  return {};
}

}  // namespace

Status build(const BuildOptions& options) {
  const Clock::time_point start = Clock::now();
  Progress progress;
  const auto report = [&progress](const std::string& step) { progress.show(step); };

  // 1. What can be known without booting.
  if (const Status good = check_output(options.output); !good) return good;
  remove_abandoned(options.output);
  const Result<Installation> installation = find_installation();
  if (!installation) return support::fail(installation.error());
  const Result<Origin> origin = find_origin(options);
  if (!origin) return support::fail(origin.error());
  BootOrders orders;
  const Result<OwnProgram> program = plan_program(options, *origin, orders);
  if (!program) return support::fail(program.error());

  // 2. Boot in an arena, or launch the base; import, shed threads, freeze.
  BootInputs inputs;
  Result<FrozenInterpreter> frozen =
      origin->base ? launch_and_freeze(*origin->base, *installation, orders, report)
                   : boot_and_freeze(origin->python, *installation, orders, report, inputs);
  if (!frozen) return support::fail(frozen.error());

  // 3. Capture. The frozen process is not needed after it.
  report("capture");
  Result<snapshot::Snapshot> snapshot =
      snapshot::capture(frozen_process(*frozen, *origin, *installation, options.carry));
  if (!snapshot) return support::fail(snapshot.error());
  const Result<Relocation> relocation =
      find_relocation(options, *origin, *installation, orders, report, inputs, *snapshot);
  if (!relocation) return support::fail(relocation.error());

  // 4. A draft shows which pages a launch writes.
  report("draft");
  Result<elf_writer::ImageContents> contents =
      image_contents(options, *origin, *installation, *frozen, *snapshot, orders);
  if (!contents) return support::fail(contents.error());
  add_relocation(*relocation, *contents);
  contents->program = program->script;
  contents->program_kind = static_cast<uint32_t>(program->kind);
  if (const Status found = add_hot_pages(options, *installation, *snapshot, orders, *contents);
      !found)
    return found;

  // 5. Write under another name, prove, publish.
  report("write");
  TemporaryImage temporary(options.output);
  const Result<elf_writer::WrittenImage> written =
      elf_writer::write_image(*snapshot, *contents, temporary.path());
  if (!written) return support::fail(written.error());
  report("prove");
  if (const Status proven = prove(*installation, temporary.path(), orders.python_options,
                                  program->kind, boot_environment());
      !proven)
    return proven;
  if (const Status published = temporary.publish(options.output); !published) return published;
  progress.show("");
  summarise(options, *origin, *snapshot, *contents, *written, start);
  return {};
}

}  // namespace pysnap::launcher
