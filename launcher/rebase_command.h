// `pysnap rebase`: an image gets another random place in its file, so that launches there cost
// nothing more.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

// Replaces the image by one that was proven, in one step. A pinned image is an error.
support::Status rebase(const std::string& path);

}  // namespace pysnap::launcher
