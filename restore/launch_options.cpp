#include "restore/launch_options.h"

#include "bare/text.h"

namespace pysnap::restore {
namespace {

using format::ProgramKind;

// Reads launcher options; returns the first argument that is not one, or nullptr with a reason.
char** skip_launcher_options(char** argument, LaunchOptions& options) {
  for (; *argument != nullptr; ++argument) {
    if (bare::equal(*argument, "--image")) {
      if (argument[1] == nullptr) {
        options.reason = "--image needs the path of an image";
        return nullptr;
      }
      options.image = *++argument;
    } else if (bare::starts_with(*argument, "--image=")) {
      options.image = *argument + bare::length_of("--image=");
    } else if (bare::equal(*argument, "--explain")) {
      options.explain = Explain::kYes;
    } else if (bare::equal(*argument, "--hold-at-end")) {
      options.hold = Hold::kAtEnd;
    } else {
      break;
    }
  }
  return argument;
}

bool asks_for_text(const char* argument) {
  return bare::equal(argument, "--help") || bare::equal(argument, "-h") ||
         bare::equal(argument, "--version");
}

OptionsResult with_program(LaunchOptions& options, ProgramKind kind, const char* program,
                           char** rest) {
  options.kind = kind;
  options.program = program;
  options.arguments = rest;
  return OptionsResult::kLaunch;
}

OptionsResult parse_program(char** argument, LaunchOptions& options) {
  const char* first = *argument;
  if (bare::equal(first, "-"))
    return with_program(options, ProgramKind::kStandardInput, "-", argument + 1);
  const bool module = bare::starts_with(first, "-m");
  const bool command = bare::starts_with(first, "-c");
  if (module || command) {
    const ProgramKind kind = module ? ProgramKind::kModule : ProgramKind::kCommand;
    if (first[2] != 0) return with_program(options, kind, first + 2, argument + 1);
    if (argument[1] != nullptr) return with_program(options, kind, argument[1], argument + 2);
    options.reason = "an option of Python without its argument";
    return OptionsResult::kPlainPython;
  }
  if (first[0] == '-') {
    options.reason = "options of Python that change its start-up";
    return OptionsResult::kPlainPython;
  }
  const size_t length = bare::length_of(first);
  if (length > 4 && bare::equal(first + length - 4, ".pyc")) {
    options.reason = "a compiled script";
    return OptionsResult::kPlainPython;
  }
  return with_program(options, ProgramKind::kScript, first, argument + 1);
}

}  // namespace

OptionsResult parse_options(const bare::ProcessStart& start, bool embedded,
                            LaunchOptions& options) {
  char** argument = start.arguments + (start.argument_count > 0 ? 1 : 0);
  if (!embedded) argument = skip_launcher_options(argument, options);
  if (argument == nullptr) return OptionsResult::kWrong;
  options.python_arguments = argument;
  if (!embedded && *argument != nullptr && asks_for_text(*argument)) return OptionsResult::kHosted;
  if (!embedded && options.image == nullptr) {
    options.reason = "no image was named: use --image IMAGE, made by `pysnap build -o IMAGE`";
    return *argument == nullptr ? OptionsResult::kHosted : OptionsResult::kWrong;
  }
  if (*argument == nullptr) {
    options.reason = "an interactive session";
    return OptionsResult::kPlainPython;
  }
  return parse_program(argument, options);
}

}  // namespace pysnap::restore
