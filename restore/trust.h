// Whose images a launch uses. An image is code: whoever can write it, or put another one in its
// place, decides what the user runs.
#pragma once

#include <sys/stat.h>

#include "bare/process_start.h"

namespace pysnap::restore {

// Why a file or directory is not one that only this user and root can change, or nullptr. Where
// everybody may create files but only remove their own (S_ISVTX, as in /tmp), a directory passes.
const char* why_not_trusted(const struct stat& status);

// Why this process uses no image at all: it has rights that its user has not (AT_SECURE,
// getauxval(3)). Or nullptr.
const char* why_no_image_is_trusted(const bare::ProcessStart& start);

}  // namespace pysnap::restore
