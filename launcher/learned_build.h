// Builds of images for programs of which it is known, or guessed, what they import.
#pragma once

#include <string>
#include <vector>

#include "launcher/build_command.h"
#include "launcher/configuration.h"
#include "launcher/import_scan.h"
#include "support/error.h"

namespace pysnap::launcher {

// Nobody watches these builds: an import that waits for ever must not keep others from theirs.
inline constexpr unsigned kMostBuildSeconds = 600;

// Builds with options that have been configured; `options.learned` is prepared as far as it can be
// frozen and is not excluded. Of the project, only what its configuration names is imported, with
// `project_directory` in front of sys.path.
support::Status build_learned(BuildOptions options, const Configuration& configuration,
                              const std::string& project_directory);

// The modules that the images of the cache hold which runs of this program with this interpreter
// have left; none where there are no such images.
std::vector<std::string> cached_modules(const PythonInterpreter& python,
                                        const ScannedProgram& program);

}  // namespace pysnap::launcher
