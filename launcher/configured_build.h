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

}  // namespace pysnap::launcher
