// `pysnap config`: which configuration is in force in a directory, and what it says.
#pragma once

#include <string>

#include "launcher/inspect_command.h"
#include "support/error.h"

namespace pysnap::launcher {

support::Status show_configuration(const std::string& directory, OutputForm form);

}  // namespace pysnap::launcher
