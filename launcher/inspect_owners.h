// `pysnap inspect --owner`: which object of an image holds an address.
#pragma once

#include <string>
#include <vector>

#include "launcher/inspect_command.h"

namespace pysnap::launcher {

// `addresses`: hexadecimal.
support::Status inspect_owners(const std::string& path, const std::vector<std::string>& addresses,
                               OutputForm form);

}  // namespace pysnap::launcher
