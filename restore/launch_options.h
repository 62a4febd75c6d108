// The command line of pysnap-run and of an executable image, read without a C library.
#pragma once

#include "bare/path.h"
#include "bare/process_start.h"
#include "format/image_view.h"
#include "format/python_options.h"

namespace pysnap::restore {

enum class Explain { kNo, kYes };

// kAtEnd: the launched process stops itself before its very end; the builder examines it there.
enum class Hold { kNo, kAtEnd };

// Where the image is to lie.
enum class Base {
  kUnsaid,  // as the image wants it
  kImage,   // at its own place; elsewhere, at a random one, only where that is occupied
  kRandom,  // at another random place in every launch
  kGiven,   // where the builder wants it
};

// How this program was invoked.
enum class Role {
  kLauncher,     // as pysnap-run: options of the launcher come first
  kImage,        // inside an image that was executed, which is then the image to launch
  kInterpreter,  // under the name `python`, `python3` or `python3.N`, by a link
};

enum class OptionsResult {
  kLaunch,       // `command` says what to run
  kPlainPython,  // valid for Python, but not for an image: `reason` says why
  kHosted,       // help or version: the pysnap program answers
  kWrong,        // `reason` is a sentence
};

// What the user asked for. Strings belong to the initial stack.
struct LaunchOptions {
  Role role = Role::kLauncher;
  const char* link = nullptr;       // kInterpreter: the path it was invoked by
  const char* image = nullptr;      // nullptr: none was named
  bool wants_plain_python = false;  // --no-image, PYSNAP=off
  bool builds_now = false;          // --build-now: the image is there when the program has ended
  bool anywhere = false;            // --anywhere: in other surroundings than those of the build
  Explain explain = Explain::kNo;
  Hold hold = Hold::kNo;
  uint32_t request_flags = 0;  // of format/agent_contract.h, as far as options name them
  uint64_t control = 0;        // with kFreezesAgain, kReportsSlide: that of the control socket
  Base base = Base::kUnsaid;
  uint64_t ceiling = 0;  // kGiven
  // For a launch from the cache: whose text `improvement` points to.
  bare::Path interpreter;
  bare::Path program_directory;
  bare::Path builder;
  format::Improvement improvement = {};
  format::PythonCommand command;
  char** python_arguments = nullptr;  // everything plain Python would get, from its options on
  bool has_own_program = false;       // the image's; its script is the first of those
  const char* reason = nullptr;
};

// `options` has the role already. Only a launcher has options of its own; everything after them,
// and all of an image's or an interpreter's command line, is CPython's.
OptionsResult parse_options(const bare::ProcessStart& start, LaunchOptions& options);

// Decides where the image is to lie if nobody has said it.
void settle_base(const format::ImageHeader& header, LaunchOptions& options);

// An image for one program needs none named: all that follows the launcher options are the
// program's arguments. The builder's own launches run another program from it (--prove).
bool takes_own_program(const format::ImageHeader& header, const LaunchOptions& options);
void use_own_program(const format::ImageView& view, const bare::ProcessStart& start,
                     LaunchOptions& options);

}  // namespace pysnap::restore
