#include "launcher/prewarm_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "format/checksum.h"
#include "format/program_key.h"
#include "launcher/configured_build.h"
#include "launcher/entry_point.h"
#include "launcher/file_state.h"
#include "launcher/first_launch.h"
#include "launcher/image_dependencies.h"
#include "launcher/image_file.h"
#include "launcher/import_scan.h"
#include "launcher/json_text.h"
#include "launcher/learned_build.h"
#include "launcher/name_list.h"
#include "launcher/seal_command.h"
#include "launcher/startup_variables.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;
using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

// A program whose image can be made.
struct Plan {
  PythonInterpreter python;
  ScannedProgram program;
  std::vector<std::string> learned;  // by runs of the program
  std::vector<std::string> scanned;  // imports in its source
  std::string output;                // of the image
  ManifestEntry entry;               // without what only an image can tell
};

Result<ScannedProgram> find_program(const ConfiguredProgram& program,
                                    const PythonInterpreter& python,
                                    const Configuration& configuration) {
  const std::filesystem::path project = configuration.file;
  if (program.form == ProgramForm::kModule)
    return ScannedProgram{format::ProgramKind::kModule, program.name, project.parent_path()};
  std::string script = program.name;
  if (program.form == ProgramForm::kEntryPoint) {
    const Result<EntryPoint> entry = find_entry_point(python, program.name);
    if (!entry) return support::fail(entry.error());
    script = entry->script;
  }
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(script, error);
  if (error || ::access(real.c_str(), R_OK) != 0) {
    return support::fail(Error::because(
        ErrorKind::kInput, fmt::format("the script {} is nothing that can be read", script)));
  }
  return ScannedProgram{format::ProgramKind::kScript, real, real.parent_path()};
}

std::string hash_text(const std::string& text) {
  return format::key_text(format::checksum(text.data(), text.size())).text;
}

// Programs of one name differ in interpreter and options.
std::string image_path(const ScannedProgram& program, const PythonInterpreter& python,
                       const ConfiguredProgram& configured) {
  std::string variant = python.executable;
  for (const std::string& option : configured.python_options) variant += '\0' + option;
  const format::KeyText key =
      format::key_text(format::program_key(program.kind, program.name.c_str()));
  return fmt::format("{}/{}{}", key.text, hash_text(variant), format::kImageEnding);
}

// Everything that decides what the image will be, but for the files that it depends on. As it comes
// back from a manifest, where a text that is no UTF-8 is another one.
ordered_json inputs_of(const PrewarmContext& context, const Plan& plan) {
  const Configuration& configuration = context.configuration;
  const Result<std::string> agent = support::read_text(context.installation.agent);
  const ordered_json inputs = {
      {"pysnap", hash_text(agent.value_or(""))},
      {"interpreter", plan.python.executable},
      {"version", plan.python.version},
      {"python_options", plan.entry.python_options},
      {"search_directory", plan.program.search_directory},
      {"modules", configuration.modules},
      {"exclude", configuration.excluded},
      {"code-only", configuration.code_only},
      {"allow-captured", configuration.allowed_captured},
      {"warm-up", configuration.warm_up},
      {"environment",
       {{"ignore", configuration.ignored_variables}, {"key", configuration.key_variables}}},
      {"checks", name_of(configuration.checks)},
      {"aslr", name_of(configuration.aslr)},
      {"relocatable", name_of(configuration.relocatable)},
      {"learned", plan.learned},
      {"imports", plan.scanned},
      {"trusted", context.sealing == Sealing::kYes}};
  return ordered_json::parse(json_text(inputs));
}

const ManifestEntry* known_entry(const PrewarmContext& context, const Plan& plan) {
  for (const ManifestEntry& entry : context.known) {
    if (entry.image == plan.entry.image) return &entry;
  }
  return nullptr;
}

// The launches of a prewarmed image learn nothing, and a cache does not keep everything for ever:
// where it has nothing, the manifest remembers.
std::vector<std::string> learned_modules(const PrewarmContext& context, const Plan& plan) {
  std::vector<std::string> modules = cached_modules(plan.python, plan.program);
  const ManifestEntry* known = known_entry(context, plan);
  if (!modules.empty() || known == nullptr || !known->inputs.contains("learned")) return modules;
  for (const ordered_json& module : known->inputs["learned"]) {
    if (module.is_string()) modules.push_back(module.get<std::string>());
  }
  return modules;
}

Result<Plan> plan_program(const PrewarmContext& context, const ConfiguredProgram& configured) {
  const Result<PythonInterpreter> python = probe_python(configured.python);
  if (!python) return support::fail(python.error());
  const Result<ScannedProgram> program = find_program(configured, *python, context.configuration);
  if (!program) return support::fail(program.error());
  const Result<std::vector<std::string>> scanned =
      scan_imports(*python, configured.python_options, *program);
  if (!scanned) return support::fail(scanned.error());
  Plan plan = {*python, *program, {}, *scanned, "", {}};
  plan.entry.form = name_of(configured.form);
  plan.entry.name = configured.name;
  plan.entry.arguments = configured.arguments;
  plan.entry.interpreter = python->executable;
  plan.entry.python_options = configured.python_options;
  plan.entry.image = image_path(*program, *python, configured);
  plan.learned = learned_modules(context, plan);
  plan.entry.inputs = inputs_of(context, plan);
  plan.output = context.directory + "/" + plan.entry.image;
  return plan;
}

// Of an image that is there: of all that changes what is in it, the first that has changed. Empty:
// the image can stay.
std::string why_not_kept(const PrewarmContext& context, const Plan& plan) {
  const ManifestEntry* known = known_entry(context, plan);
  if (known == nullptr) return "there was none";
  if (known->inputs != plan.entry.inputs) return "what it is made from has changed";
  const Result<std::string> digest = file_digest(plan.output);
  if (!digest) return "it is gone";
  if (*digest != known->digest) return "it is not the one of the manifest";
  const Result<ImageFile> image = ImageFile::open(plan.output);
  if (!image) return "it is rejected";
  if ((image->view().header().flags & format::kDependenciesUnknown) != 0)
    return "what it depends on is not known";
  if (const std::string changed = changed_dependency(image->view()); !changed.empty())
    return fmt::format("{} has changed", changed);
  const Status proven = prove(context.installation, plan.output, plan.entry.python_options,
                              format::ProgramKind{0}, boot_environment());
  return proven ? "" : "it does not fit any more";
}

Status make_directory(const PrewarmContext& context, const Plan& plan) {
  const std::string directory = std::filesystem::path(plan.output).parent_path();
  constexpr mode_t kSearched = 0011;  // for those who may read the images
  const mode_t mode = 0700 | context.readers | (context.readers >> 2 & kSearched);
  if ((::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST) ||
      ::chmod(directory.c_str(), mode) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be made", directory)));
  return {};
}

Status build_image(const PrewarmContext& context, const Plan& plan) {
  if (const Status made = make_directory(context, plan); !made) return made;
  BuildOptions options;
  options.python = plan.python.executable;
  options.python_words = plan.entry.python_options;
  options.learned = plan.learned;
  add_once(options.learned, plan.scanned);
  options.output = plan.output;
  options.is_quiet = true;
  const Result<BuildOptions> all = with_configuration(options, context.configuration);
  if (!all) return support::fail(all.error());
  options = *all;
  // The manifest knows what the configuration has said for this image; the rest of it may change.
  options.configuration_files.clear();
  Status done = build_learned(options, context.configuration, plan.program.search_directory);
  if (!done) return done;
  if (::chmod(plan.output.c_str(), 0600 | context.readers) != 0)
    done = support::fail(Error::from_errno(fmt::format("the mode of {}", plan.output)));
  if (done && context.sealing == Sealing::kYes) done = seal_image(plan.output);
  if (!done) ::unlink(plan.output.c_str());
  return done;
}

// What the manifest says of the image, its digest excepted.
Status describe_image(const Plan& plan, PrewarmedProgram& result) {
  const Result<ImageFile> image = ImageFile::open(plan.output);
  if (!image) return support::fail(image.error());
  const format::ImageView view = image->view();
  result.entry.size = image->bytes().size();
  result.entry.modules = view.modules().count;
  result.entry.is_trusted = (view.header().flags & format::kTrusted) != 0;
  for (const format::File& file : view.files())
    result.entry.files.push_back(view.string(file.path));
  for (const elf_writer::Dependency& dependency : dependencies_of(view))
    result.entry.dependencies.push_back(dependency.path);
  result.notices = texts_of(view, view.notices());
  return {};
}

void add_notices(const PrewarmContext& context, const Plan& plan, PrewarmedProgram& result) {
  const Configuration& configuration = context.configuration;
  if (plan.learned.empty() && plan.scanned.empty() && configuration.modules.empty() &&
      configuration.code_only.empty())
    result.notices.push_back(
        "its image holds what the interpreter starts with and nothing else; name modules in the "
        "configuration, or run the program once with pysnap-run and repeat this");
  const std::filesystem::path directory = context.directory;
  std::error_code error;
  const std::filesystem::path place =
      plan.program.kind == format::ProgramKind::kModule
          ? std::filesystem::canonical(std::filesystem::path(plan.python.executable).parent_path(),
                                       error)
          : std::filesystem::path(plan.program.name).parent_path();
  if (directory.filename() != format::kPrewarmedDirectory || !is_in(place, directory.parent_path()))
    result.notices.push_back(
        fmt::format("launches find its image only with PYSNAP_PATH={}", context.directory));
}

Status prewarm(const PrewarmContext& context, const ConfiguredProgram& configured,
               PrewarmedProgram& result) {
  const Result<Plan> plan = plan_program(context, configured);
  if (!plan) return support::fail(plan.error());
  result.entry = plan->entry;
  result.reason = why_not_kept(context, *plan);
  if (result.reason.empty()) {
    result.entry.digest = known_entry(context, *plan)->digest;
  } else {
    if (const Status built = build_image(context, *plan); !built) return built;
    const Result<std::string> digest = file_digest(plan->output);
    if (!digest) return support::fail(digest.error());
    result.entry.digest = *digest;
  }
  if (const Status described = describe_image(*plan, result); !described) return described;
  add_notices(context, *plan, result);
  result.state = result.reason.empty() ? PrewarmState::kKept : PrewarmState::kBuilt;
  return {};
}

}  // namespace

const char* name_of(PrewarmState state) {
  switch (state) {
    case PrewarmState::kBuilt:
      return "built";
    case PrewarmState::kKept:
      return "kept";
    case PrewarmState::kFailed:
      return "failed";
  }
  return "";
}

PrewarmedProgram prewarm_program(const PrewarmContext& context, const ConfiguredProgram& program) {
  const auto start = std::chrono::steady_clock::now();
  PrewarmedProgram result;
  result.entry.form = name_of(program.form);
  result.entry.name = program.name;
  if (const Status done = prewarm(context, program, result); !done)
    result.reason = done.error().sentence;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

std::string to_text(const PrewarmedProgram& program) {
  return json_text({{"state", program.state},
                    {"reason", program.reason},
                    {"entry", to_json(program.entry)},
                    {"notices", program.notices},
                    {"seconds", program.seconds}});
}

PrewarmedProgram program_from_text(const std::string& text) {
  const ordered_json json = ordered_json::parse(text);
  PrewarmedProgram program;
  program.state = json.at("state").get<PrewarmState>();
  program.reason = json.at("reason").get<std::string>();
  program.entry = entry_from_json(json.at("entry"));
  program.notices = json.at("notices").get<std::vector<std::string>>();
  program.seconds = json.at("seconds").get<double>();
  return program;
}

}  // namespace pysnap::launcher
