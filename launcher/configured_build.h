// A build whose command line names a configuration.
#pragma once

#include "launcher/build_command.h"
#include "launcher/configuration.h"
#include "support/error.h"

namespace pysnap::launcher {

// The options with what the configuration adds: modules behind those of the command line, excluded
// and code-only modules, a warm-up. Refuses what cannot both be meant.
support::Result<BuildOptions> with_configuration(const BuildOptions& options,
                                                 const Configuration& configuration);

// What an image depends on besides what its boot has read: the places of the configuration.
std::vector<elf_writer::Dependency> configuration_files(const Configuration& configuration);

// The same for an image that is used in more than one directory: as seen from the working
// directory, where the search began, and further up than this one is deep.
std::vector<elf_writer::Dependency> relative_configuration_files(
    const Configuration& configuration);

}  // namespace pysnap::launcher
