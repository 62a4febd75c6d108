// Where an arena ends, by chance.
#pragma once

#include <cstdint>

#include "support/error.h"

namespace pysnap::launcher {

// It differs from `like` by a multiple of `step`, a power of 2 (format/arena_layout.h).
support::Result<uint64_t> random_ceiling(uint64_t like, uint64_t step);

}  // namespace pysnap::launcher
