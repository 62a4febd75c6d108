// What a project says about its images: `pysnap.toml`, or `[tool.pysnap]` of `pyproject.toml`
// (docs/configuration.md).
//
// A configuration names files that will be executed, so one that was found by searching is used
// only when it can be trusted as much as the program beside it: it belongs to the caller, to root
// or to the owner of the directory where the search began, and not everybody may write it. Without
// the rule anybody could put a pysnap.toml into /tmp for all programs below it.
#pragma once

#include <string>
#include <vector>

#include "launcher/file_state.h"
#include "launcher/image_place.h"
#include "support/error.h"

namespace pysnap::launcher {

enum class Checks { kFiles, kNone };  // what a launch compares before it uses an image
enum class BasePolicy { kRandom };    // where an image lies in memory
enum class Backend { kElf };          // what an image is
enum class ProgramForm { kScript, kModule, kEntryPoint };

// A program that images are made for in advance.
struct ConfiguredProgram {
  ProgramForm form = ProgramForm::kScript;
  std::string name;  // of a script, the absolute path
  std::vector<std::string> arguments;
  std::string python;                       // a name on PATH or an absolute path; empty: as `build`
  std::vector<std::string> python_options;  // of the interpreter
};

// A path where the search has looked, with what was there before it was read.
struct SearchedPath {
  std::string path;  // absolute
  FileState found;
};

struct Configuration {
  std::string file;                    // absolute; empty: there is none, and these are the defaults
  std::vector<std::string> modules;    // to prepare besides what else is prepared
  std::vector<std::string> excluded;   // never prepared, with everything below them
  std::vector<std::string> code_only;  // only their code is prepared
  std::string warm_up;                 // absolute path of a script; empty: none
  std::vector<std::string> ignored_variables;  // another value is no reason not to use an image
  std::vector<std::string> key_variables;      // each value has an image of its own
  std::vector<std::string> allowed_captured;   // modules, or paths of objects, that keep a key
  Checks checks = Checks::kFiles;
  BasePolicy base = BasePolicy::kRandom;
  Aslr aslr = Aslr::kImage;
  Relocatable relocatable = Relocatable::kNo;  // kPrefer where `aslr` needs it and no key says it
  Backend backend = Backend::kElf;
  std::vector<ConfiguredProgram> programs;
  std::vector<std::string> notices;    // files that were passed over, with the reason
  std::vector<SearchedPath> searched;  // from the start upwards, kNamesEach in a directory
};

inline constexpr size_t kNamesEach = 2;  // pysnap.toml and pyproject.toml

const char* name_of(Checks checks);
const char* name_of(BasePolicy base);
const char* name_of(Backend backend);
const char* name_of(ProgramForm form);  // its key in a table of `programs`

// The entry of `excluded` that a module falls under; empty: none.
std::string excluding(const Configuration& configuration, const std::string& module);

// The nearest configuration of a directory or the ones above it; in one directory pysnap.toml comes
// first. Two failing open(2) for each directory when there is none. What is wrong with the file is
// an error, one sentence a line.
support::Result<Configuration> find_configuration(const std::string& directory);

// The configuration that the user named.
support::Result<Configuration> read_configuration(const std::string& file);

}  // namespace pysnap::launcher
