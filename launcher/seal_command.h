// `pysnap seal`: an image that is trusted without comparing what it depends on.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

// Replaces the image by a copy with the mark, in one step.
support::Status seal_image(const std::string& path);

}  // namespace pysnap::launcher
