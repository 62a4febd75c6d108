// What is left of an address where something shorter was written over it: the upper bytes of a
// word. Nobody reads them, but they tell where the boot lay.
#pragma once

#include <cstdint>

#include "snapshot/compare_boots.h"

namespace pysnap::snapshot {

// Where the arena of the first boot was.
struct ArenaRange {
  uint64_t low;
  uint64_t ceiling;
};

// How many upper bytes of the word at `place` are left of an address, or of a link of malloc, in
// both boots; 0: none. The two may have had different links there.
uint64_t stale_bytes(const BootPair& boots, const ArenaRange& arena, uint64_t place);

}  // namespace pysnap::snapshot
