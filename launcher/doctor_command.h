// `pysnap doctor`: what of machine, limits, installation and cache keeps pysnap from working.
#pragma once

#include <string>

#include "launcher/inspect_command.h"

namespace pysnap::launcher {

enum class Health { kGood, kLacking };

// Prints a line for each check; lacking when one of them says no.
Health examine_machine(const std::string& python, OutputForm form);

}  // namespace pysnap::launcher
