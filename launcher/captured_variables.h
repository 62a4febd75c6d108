// Which variables of the build's environment have their value in the memory that an image holds,
// because an import kept it: whoever can read the image can read them.
#pragma once

#include <string>
#include <vector>

#include "snapshot/snapshot.h"

namespace pysnap::launcher {

// Names, in the order of `environment` (NAME=value). A value of fewer than 8 bytes says nothing:
// it would be found by chance. A path that the image holds anyway (`known_paths`), or a directory
// above it, is not looked for either.
std::vector<std::string> captured_variables(const snapshot::Snapshot& snapshot,
                                            const std::vector<std::string>& environment,
                                            const std::vector<std::string>& known_paths);

// Of these names, those whose value may be a secret: not those that every session has, not the
// interpreter's own, and not paths of files or directories that are there.
std::vector<std::string> secret_variables(const std::vector<std::string>& names,
                                          const std::vector<std::string>& environment);

}  // namespace pysnap::launcher
