// The `pysnap` program: options in, one command, errors out. Nothing below this file prints errors.
#include <CLI/CLI.hpp>
#include <csignal>

#include "launcher/audit_command.h"
#include "launcher/build_command.h"
#include "launcher/cache_command.h"
#include "launcher/completion_command.h"
#include "launcher/config_command.h"
#include "launcher/configured_build.h"
#include "launcher/doctor_command.h"
#include "launcher/exit_status.h"
#include "launcher/inspect_command.h"
#include "launcher/inspect_owners.h"
#include "launcher/learn_command.h"
#include "launcher/prewarm_command.h"
#include "launcher/rebase_command.h"
#include "launcher/run_help.h"
#include "launcher/seal_command.h"

namespace pysnap::launcher {
namespace {

using support::Result;
using support::Status;

constexpr const char* kVersion = "pysnap 0.1.0";

CLI::Option* add_relocatable(CLI::App& command, std::optional<Relocatable>& relocatable) {
  const std::map<std::string, Relocatable> choices = {{"no", Relocatable::kNo},
                                                      {"prefer", Relocatable::kPrefer},
                                                      {"require", Relocatable::kRequire}};
  return command
      .add_option("--relocatable", relocatable,
                  "Whether launches can move the image: no, prefer or require")
      ->transform(CLI::CheckedTransformer(choices, CLI::ignore_case).description(""));
}

CLI::Option* add_python(CLI::App* command, BuildOptions& options) {
  return command->add_option(
      "--python", options.python,
      "Interpreter (default: the active virtual environment's, else python3)");
}

// What an image is to hold.
void add_prepared(CLI::App* command, BuildOptions& options, std::string& configuration) {
  command
      ->add_option("--code-only", options.code_only,
                   "Module whose code waits in the image and is executed by each program that "
                   "imports it; can be repeated")
      ->allow_extra_args(false);
  command->add_option("-m,--module", options.modules, "Module to import; can be repeated")
      ->allow_extra_args(false);
  command->add_option("--python-options", options.python_options,
                      "Options of Python to start the interpreter with, such as '-X dev -E'");
  command->add_option("--warm-up", options.warm_up, "Script to run once before the freeze");
  command
      ->add_option("--config", configuration,
                   "Configuration whose modules, exclude, code-only and warm-up are added")
      ->check([](const std::string& file) { return file.empty() ? "no file is named" : ""; });
  command->add_option("--entry-point", options.entry_point,
                      "Installed command that the image runs; its module is imported");
}

void add_build(CLI::App& app, BuildOptions& options, std::string& configuration) {
  CLI::App* command = app.add_subcommand("build", "Freeze an interpreter with modules imported");
  CLI::Option* base = command->add_option(
      "--from", options.base, "Image to launch, and to freeze again at its next checkpoint");
  CLI::Option* python = add_python(command, options);
  add_prepared(command, options, configuration);
  CLI::Option* entry_point = command->get_option("--entry-point");
  CLI::Option* script = command->add_option(
      "--script", options.script, "Script that initialises itself and calls pysnap.checkpoint()");
  script->excludes(entry_point)
      ->excludes(command->get_option("--module"))
      ->excludes(command->get_option("--code-only"))
      ->excludes(command->get_option("--warm-up"));
  base->excludes(python)
      ->excludes(command->get_option("--python-options"))
      ->excludes(entry_point)
      ->excludes(command->get_option("--module"))
      ->excludes(command->get_option("--code-only"))
      ->excludes(command->get_option("--warm-up"));
  command->add_option("ARGS", options.script_arguments, "Arguments of the script, after --")
      ->each([script, base](const std::string&) {
        if (script->empty() && base->empty())
          throw CLI::RequiresError("ARGS", "--script or --from");
      });
  command->add_flag_callback(
      "--self-contained", [&options] { options.carry = snapshot::Carry::kEverything; },
      "Copy all libraries into the image; larger, a little faster");
  add_relocatable(*command, options.relocatable)->excludes(base);
  command
      ->add_option(
          "--allow-captured", options.allowed_captured,
          "Module, or path of an object, that may keep a key of the build; can be repeated")
      ->allow_extra_args(false);
  command->add_option("-o,--output", options.output, "Image to write")->required();
}

void add_audit(CLI::App& app, BuildOptions& options, std::string& configuration, std::string& image,
               bool& json) {
  CLI::App* command =
      app.add_subcommand("audit", "List what an image holds of the moment and place of its build");
  CLI::Option* built = command->add_option("IMAGE", image, "Image whose options are taken");
  built->excludes(add_python(command, options));
  add_prepared(command, options, configuration);
  for (const char* name :
       {"--code-only", "--module", "--python-options", "--warm-up", "--config", "--entry-point"})
    built->excludes(command->get_option(name));
  command->add_flag("--json", json, "Print JSON");
}

Result<BuildOptions> as_configured(const BuildOptions& options, const std::string& file) {
  if (file.empty()) return options;
  const Result<Configuration> configuration = read_configuration(file);
  if (!configuration) return support::fail(configuration.error());
  return with_configuration(options, *configuration);
}

Status build_as_configured(const BuildOptions& options, const std::string& file) {
  const Result<BuildOptions> all = as_configured(options, file);
  return all ? build(*all) : support::fail(all.error());
}

Status audit_as_configured(const BuildOptions& options, const std::string& file,
                           const std::string& image, OutputForm form) {
  const Result<BuildOptions> all =
      image.empty() ? as_configured(options, file) : options_of_image(image);
  return all ? audit(*all, form) : support::fail(all.error());
}

struct CacheOptions {
  bool json = false;
  std::string wanted;
  std::string size;
};

void add_cache(CLI::App& app, CacheOptions& options) {
  CLI::App* command = app.add_subcommand("cache", "What earlier runs have left for later launches");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "List the programs that have images");
  list->add_flag("--json", options.json, "Print JSON");
  CLI::App* show = command->add_subcommand("show", "Say everything about one program");
  show->add_option("PROGRAM", options.wanted, "Beginning of its key, or part of its command line")
      ->required();
  show->add_flag("--json", options.json, "Print JSON");
  CLI::App* prune =
      command->add_subcommand("prune", "Remove what was not used for longest, down to a size");
  prune->add_option("--size", options.size, "Bytes, or a number with K, M or G");
  command->add_subcommand("clear", "Remove everything");
}

Status run_cache(const CLI::App& command, const CacheOptions& options) {
  if (command.got_subcommand("list")) return cache_list(options.json);
  if (command.got_subcommand("show")) return cache_show(options.wanted, options.json);
  if (command.got_subcommand("prune")) return cache_prune(options.size);
  return cache_clear();
}

int report(const Status& status) {
  if (status) return 0;
  fmt::print(stderr, "pysnap: {}\n", status.error().sentence);
  return static_cast<int>(exit_status_of(status.error().kind));
}

// CLI11 says that a command is required, and not that the one it got does not exist.
std::string sentence_of(const CLI::ParseError& error, const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining();
  if (app.get_subcommands().empty() && !unknown.empty())
    return fmt::format("there is no command {}; see `pysnap --help`", unknown.front());
  return fmt::format("{}; see `pysnap --help`", error.what());
}

void add_prewarm(CLI::App& app, PrewarmOptions& options) {
  CLI::App* command =
      app.add_subcommand("prewarm", "Make the images of all programs of a configuration");
  CLI::Option* file = command->add_option("--config", options.configuration,
                                          "Configuration (default: the nearest one)");
  command->add_option("--directory", options.directory, "Where to search one, and above")
      ->excludes(file);
  command->add_option("-o,--output", options.output,
                      "Directory of the images (default: .pysnap beside the configuration)");
  command->add_option("--jobs", options.jobs, "Builds at a time (default: one a processor)")
      ->check(CLI::PositiveNumber);
  command->add_flag_callback(
      "--no-seal", [&options] { options.sealing = Sealing::kNo; },
      "Launches compare the files that the images depend on");
  command->add_flag("--json", options.json, "Print JSON");
}

int report(const Result<Outcome>& outcome) {
  if (!outcome) return report(Status(support::fail(outcome.error())));
  return *outcome == Outcome::kAll ? 0 : static_cast<int>(ExitStatus::kLacking);
}

// What the commands were asked for.
struct Options {
  BuildOptions build;
  std::string configuration;
  std::string image;
  std::vector<std::string> addresses;
  std::string directory = ".";
  std::string shell;
  bool json = false;
  CacheOptions cache;
  PrewarmOptions prewarm;
};

void add_commands(CLI::App& app, Options& options) {
  add_build(app, options.build, options.configuration);
  add_audit(app, options.build, options.configuration, options.image, options.json);
  CLI::App* inspect_app = app.add_subcommand("inspect", "Say what an image holds, byte by byte");
  inspect_app->add_option("IMAGE", options.image, "Image to read")->required();
  inspect_app
      ->add_option("--owner", options.addresses,
                   "Address of which to say what holds it; can be repeated")
      ->allow_extra_args(false);
  inspect_app->add_flag("--json", options.json, "Print JSON");
  CLI::App* verify_app = app.add_subcommand("verify", "Check every checksum of an image");
  verify_app->add_option("IMAGE", options.image, "Image to read")->required();
  CLI::App* config_app = app.add_subcommand("config", "Show the configuration in force");
  config_app->add_option("--directory", options.directory,
                         "Where to search, and above (default: here)");
  config_app->add_flag("--json", options.json, "Print JSON");
  CLI::App* doctor_app = app.add_subcommand("doctor", "Examine machine and installation");
  doctor_app->add_option("--python", options.build.python, "Interpreter (default: as for build)");
  doctor_app->add_flag("--json", options.json, "Print JSON");
  CLI::App* completion_app = app.add_subcommand("completion", "Print a script for a shell");
  completion_app->add_option("SHELL", options.shell, "bash, fish or zsh")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kShells), std::end(kShells))));
  CLI::App* seal_app = app.add_subcommand(
      "seal", "Trust an image: launches do not compare the files that it depends on");
  seal_app->add_option("IMAGE", options.image, "Image to replace by a trusted one")->required();
  CLI::App* rebase_app =
      app.add_subcommand("rebase", "Move an image to another random place, for all its launches");
  rebase_app->add_option("IMAGE", options.image, "Image to replace by the moved one")->required();
  add_cache(app, options.cache);
  add_prewarm(app, options.prewarm);
  app.add_subcommand("learn", "Used by pysnap-run: make the image of a program that has just run");
  app.add_subcommand("run-help", "Explain pysnap-run");
}

int execute(const CLI::App& app, const Options& options) {
  const std::string command = app.get_subcommands().front()->get_name();
  const OutputForm form = options.json ? OutputForm::kJson : OutputForm::kText;
  if (command == "build") return report(build_as_configured(options.build, options.configuration));
  if (command == "audit")
    return report(audit_as_configured(options.build, options.configuration, options.image, form));
  if (command == "inspect" && !options.addresses.empty())
    return report(inspect_owners(options.image, options.addresses, form));
  if (command == "inspect") return report(inspect(options.image, form));
  if (command == "verify") return report(verify(options.image));
  if (command == "config") return report(show_configuration(options.directory, form));
  if (command == "doctor") {
    const Health health = examine_machine(options.build.python, form);
    return health == Health::kGood ? 0 : static_cast<int>(ExitStatus::kLacking);
  }
  if (command == "seal") return report(seal_image(options.image));
  if (command == "rebase") return report(rebase(options.image));
  if (command == "learn") return report(learn());
  if (command == "cache") return report(run_cache(*app.get_subcommand("cache"), options.cache));
  if (command == "prewarm") return report(prewarm(options.prewarm));
  if (command == "completion") fmt::print("{}", completion_for(app, options.shell));
  if (command == "run-help") fmt::print("{}", kRunHelp);
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Start Python programs from a frozen, already initialised process.", "pysnap");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  Options options;
  add_commands(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "pysnap: {}\n", sentence_of(error, app));
    return static_cast<int>(ExitStatus::kUsage);
  }
  return execute(app, options);
}

}  // namespace
}  // namespace pysnap::launcher

int main(int argc, char** argv) {
  // A limit on file sizes is a failed write with a sentence, not a death with a file left behind.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return pysnap::launcher::run(argc, argv);
  } catch (const std::exception& error) {  // out of memory, or a bug of ours
    fmt::print(stderr, "pysnap: unexpected failure: {}\n", error.what());
    return static_cast<int>(pysnap::launcher::ExitStatus::kInternal);
  }
}
