// `pysnap audit`: which objects of an image hold something of the moment and the place of its
// build.
#pragma once

#include "launcher/build_command.h"
#include "launcher/inspect_command.h"

namespace pysnap::launcher {

// Boots as `pysnap build` would with these options, twice with equal inputs and once for each input
// changed; prints what differs, by owner.
support::Status audit(const BuildOptions& options, OutputForm form);

// The same with what an image tells of the options it was built with.
support::Result<BuildOptions> options_of_image(const std::string& path);

}  // namespace pysnap::launcher
