// `pysnap build`: from an interpreter and a list of modules, or from another image, to a proven
// image.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elf_writer/image_contents.h"
#include "launcher/image_place.h"
#include "launcher/startup_variables.h"
#include "snapshot/capture.h"
#include "support/error.h"

namespace pysnap::launcher {

struct BuildOptions {
  std::string base;    // an image to launch, instead of an interpreter to boot; empty: none
  std::string python;  // empty: the active virtual environment's, else python3
  std::vector<std::string> modules;
  std::string search_directory;           // in front of sys.path during the imports; empty: none
  std::vector<std::string> learned;       // modules of installed packages that may fail
  std::vector<std::string> left_out;      // of those, what a build has refused
  std::vector<std::string> code_only;     // modules that are not executed, only compiled
  std::vector<std::string> excluded;      // modules that are not prepared, whoever imports them
  std::string python_options;             // of the interpreter, as a shell has them
  std::vector<std::string> python_words;  // the same, in words; if there are any, instead
  std::string warm_up;                    // empty: none
  std::string entry_point;                // an installed command; empty: none
  std::string script;                     // frozen at its checkpoint; empty: none
  std::vector<std::string> script_arguments;
  snapshot::Carry carry = snapshot::Carry::kListed;  // of the files that the image maps
  OtherVariables variables;                          // of the configuration
  std::vector<elf_writer::Dependency> configuration_files;
  std::optional<Relocatable> relocatable;     // nothing: as the configuration says, else no
  std::vector<std::string> allowed_captured;  // modules, or paths of objects, that keep a key
  Aslr aslr = Aslr::kImage;                   // of the configuration
  bool is_trusted = false;                    // as `pysnap seal` makes it
  std::string output;
  bool is_quiet = false;        // no summary
  bool refuses_output = false;  // what imports print is a reason to leave them out
};

// Prints a summary on success. The image appears under its name complete and proven, or not at
// all.
support::Status build(const BuildOptions& options);

}  // namespace pysnap::launcher
