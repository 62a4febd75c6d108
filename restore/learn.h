// A launch without an image: plain Python runs the program, and what it imports makes the image of
// the next launch (agent/learner.cpp).
#pragma once

#include "bare/path.h"
#include "bare/process_start.h"
#include "restore/launch_options.h"

namespace pysnap::restore {

// The program `pysnap`, beside this one. False: that cannot be found out.
bool find_builder(bare::Path& builder);

// Becomes `interpreter` with the learner in it. `directory`: of the program, in the cache.
// `reason`: why no image was used. Returns an errno when the interpreter cannot be executed.
int run_and_learn(const char* interpreter, const LaunchOptions& options,
                  const bare::ProcessStart& start, const char* directory, const char* reason);

}  // namespace pysnap::restore
