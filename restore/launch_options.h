// The command line of pysnap-run and of an executable image, read without a C library.
#pragma once

#include "bare/process_start.h"
#include "format/agent_contract.h"

namespace pysnap::restore {

enum class Explain { kNo, kYes };

// kAtEnd: the launched process stops itself before its very end; the builder examines it there.
enum class Hold { kNo, kAtEnd };

enum class OptionsResult {
  kLaunch,       // `image`, `kind`, `program`, `arguments` are set
  kPlainPython,  // valid for Python, but not for an image: `reason` says why
  kHosted,       // help, version, or nothing to run: the pysnap program answers
  kWrong,        // `reason` is a sentence
};

// What the user asked for. Strings belong to the initial stack.
struct LaunchOptions {
  const char* image = nullptr;
  Explain explain = Explain::kNo;
  Hold hold = Hold::kNo;
  format::ProgramKind kind = format::ProgramKind::kScript;
  const char* program = nullptr;
  char** arguments = nullptr;         // what follows the program
  char** python_arguments = nullptr;  // everything plain Python would get, from its options on
  const char* reason = nullptr;
};

// `embedded`: the restorer runs from inside an image, which is then the image to launch, and the
// command line has no launcher options: `./IMAGE [SCRIPT | -m MODULE | -c COMMAND | -] ARGS`.
OptionsResult parse_options(const bare::ProcessStart& start, bool embedded, LaunchOptions& options);

}  // namespace pysnap::restore
