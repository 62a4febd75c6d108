// Where images are kept that pysnap makes by itself, and whether they can be kept there.
#pragma once

#include <string>

#include "launcher/finding.h"

namespace pysnap::launcher {

struct ExaminedCache {
  Findings findings;
  std::string existing;  // the cache, or the nearest directory above it that exists; empty: none
};

ExaminedCache check_cache();

}  // namespace pysnap::launcher
