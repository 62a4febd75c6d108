// A process that has done its work and waits: what does its memory look like?
#pragma once

#include <string>
#include <vector>

#include "result.h"

namespace pysnap::bench {

struct MemoryShape {
  long mappings;           // lines of /proc/PID/maps
  long private_dirty_kib;  // pages that this process alone has and that were written
  long proportional_kib;   // PSS: shared pages divided among those who share them
};

// The command must print something once its work is done, then wait for the end of its input.
Result<MemoryShape> measure_held(const std::vector<std::string>& arguments);

}  // namespace pysnap::bench
