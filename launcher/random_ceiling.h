// Where an arena ends, by chance.
#pragma once

#include <cstdint>

#include "format/arena_layout.h"
#include "support/error.h"

namespace pysnap::launcher {

// It differs from `like` by a multiple of `step`, a power of 2 (format/arena_layout.h).
support::Result<uint64_t> random_ceiling(uint64_t like, uint64_t step);

// Whether a boot here can be compared, word by word, with one at another such place. CPython's
// allocator knows its memory by a tree with a node for each 256 MiB of addresses, made with the
// first memory in it (arena_map_bot_t, Objects/obmalloc.c): a heap that grows into another node
// lies otherwise from there on. At these places the 128 MiB below the slots are in one node.
constexpr bool is_comparable(uint64_t ceiling) {
  constexpr uint64_t kNodeSpan = uint64_t{256} << 20;
  static_assert(format::kStackSlotSize % kNodeSpan == 0);
  return (ceiling - 1) % kNodeSpan >= kNodeSpan / 2;
}
support::Result<uint64_t> random_comparable_ceiling();
// An odd number of steps away from `other`: tables that are ordered by low bits of addresses show
// that.
support::Result<uint64_t> random_comparable_ceiling(uint64_t other);

}  // namespace pysnap::launcher
