#include "restore/launch_options.h"

#include "bare/text.h"

namespace pysnap::restore {
namespace {

bool read_base(const char* value, LaunchOptions& options) {
  const bool launch = bare::equal(value, "launch");
  if (!launch && !bare::equal(value, "image")) return false;
  options.base = launch ? Base::kRandom : Base::kImage;
  return true;
}

// For the builder: "--move-to=CEILING,DESCRIPTOR".
void read_move(const char* numbers, LaunchOptions& options) {
  options.base = Base::kGiven;
  options.ceiling = bare::parse_hexadecimal(numbers);
  if (*numbers == ',') ++numbers;
  options.control = bare::parse_hexadecimal(numbers);
  options.request_flags |= format::kReportsSlide;
}

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
    } else if (bare::equal(*argument, "--no-image")) {
      options.wants_plain_python = true;
    } else if (bare::equal(*argument, "--build-now")) {
      options.builds_now = true;
    } else if (bare::starts_with(*argument, "--aslr=")) {
      if (read_base(*argument + bare::length_of("--aslr="), options)) continue;
      options.reason = "--aslr is launch or image";
      return nullptr;
    } else if (bare::starts_with(*argument, "--move-to=")) {
      read_move(*argument + bare::length_of("--move-to="), options);
    } else if (bare::equal(*argument, "--hold-at-end")) {
      options.hold = Hold::kAtEnd;
    } else if (bare::equal(*argument, "--anywhere")) {
      options.anywhere = true;
    } else if (bare::equal(*argument, "--prove")) {
      options.request_flags |= format::kProof;
      options.base = Base::kImage;  // whatever the user's environment wants of launches
    } else if (bare::starts_with(*argument, "--freeze-again=")) {
      const char* number = *argument + bare::length_of("--freeze-again=");
      options.control = bare::parse_hexadecimal(number);
      options.request_flags |= format::kFreezesAgain;
      options.base = Base::kImage;  // the builder looks at the process by the image's addresses
      return argument + 1;          // the last of ours: the program's own may look like them
    } else if (bare::equal(*argument, "--full-finalize")) {
      options.request_flags |= format::kFullFinalize;
    } else {
      break;
    }
  }
  return argument;
}

// Ours as long as no image was named; behind `--image IMAGE` they are Python's.
bool asks_for_text(const char* argument) {
  return bare::equal(argument, "--help") || bare::equal(argument, "-h") ||
         bare::equal(argument, "--version");
}

bool is_switched_off(char** environment) {
  const char* value = bare::meant_environment_value(environment, "PYSNAP");
  return value != nullptr && bare::equal(value, "off");
}

}  // namespace

OptionsResult parse_options(const bare::ProcessStart& start, LaunchOptions& options) {
  char** argument = start.arguments + (start.argument_count > 0 ? 1 : 0);
  const bool launcher = options.role == Role::kLauncher;
  if (bare::meant_environment_value(start.environment, "PYSNAP_EXPLAIN") != nullptr)
    options.explain = Explain::kYes;
  const char* base = bare::meant_environment_value(start.environment, "PYSNAP_ASLR");
  if (base != nullptr && !read_base(base, options)) {
    options.reason = "PYSNAP_ASLR is launch or image";
    return OptionsResult::kWrong;
  }
  if (launcher) argument = skip_launcher_options(argument, options);
  if (argument == nullptr) return OptionsResult::kWrong;
  if (options.wants_plain_python && options.image != nullptr) {
    options.reason = "--image and --no-image contradict each other; leave one out";
    return OptionsResult::kWrong;
  }
  if (is_switched_off(start.environment)) options.wants_plain_python = true;
  options.python_arguments = argument;
  if (launcher && options.image == nullptr) {
    if (*argument != nullptr && asks_for_text(*argument)) return OptionsResult::kHosted;
    options.image = bare::meant_environment_value(start.environment, "PYSNAP_IMAGE");
  }
  options.command = format::read_python_command(argument);
  options.reason = options.command.reason;
  return options.reason == nullptr ? OptionsResult::kLaunch : OptionsResult::kPlainPython;
}

void settle_base(const format::ImageHeader& header, LaunchOptions& options) {
  if (options.base != Base::kUnsaid) return;
  options.base = (header.flags & format::kMovesAtLaunch) != 0 ? Base::kRandom : Base::kImage;
}

bool takes_own_program(const format::ImageHeader& header, const LaunchOptions& options) {
  return header.program_kind != 0 && options.role != Role::kInterpreter &&
         (options.request_flags & format::kProof) == 0;
}

void use_own_program(const format::ImageView& view, const bare::ProcessStart& start,
                     LaunchOptions& options) {
  // The word before the arguments has been read: an option's, or the image's name.
  static char* alone[] = {nullptr, nullptr};
  char** words = start.argument_count > 0 ? options.python_arguments - 1 : alone;
  words[0] = const_cast<char*>(view.string(view.header().program));
  options.has_own_program = true;
  options.python_arguments = words;
  options.command = {};
  options.command.kind = static_cast<format::ProgramKind>(view.header().program_kind);
  options.command.program = words[0];
  options.command.arguments = words + 1;
  options.reason = nullptr;
}

}  // namespace pysnap::restore
