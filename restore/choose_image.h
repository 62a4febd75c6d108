// Which image a launch uses: the one that was named, or one of the cache that fits. What comes back
// is whole and fits; in every other case this process becomes something else.
#pragma once

#include "bare/process_start.h"
#include "restore/fitness.h"
#include "restore/launch_options.h"
#include "restore/open_image.h"

namespace pysnap::restore {

// The image cannot be used at all: a sentence and a status. Whoever asked for an interpreter gets
// one nevertheless.
[[noreturn]] void reject(const LaunchOptions& options, const bare::ProcessStart& start,
                         const char* reason, int error);

OpenImage choose_image(LaunchOptions& options, const bare::ProcessStart& start, OpenFiles& files);

}  // namespace pysnap::restore
