// A pool of Python's allocator of objects (Objects/obmalloc.c, the same from 3.10 to 3.13): blocks
// of one size behind a header.
#pragma once

#include <cstdint>

namespace pysnap::format {

// struct pool_header
struct PythonPool {
  static constexpr uint64_t kSize = 16384;  // and where they begin is a multiple of it
  static constexpr uint64_t kStep = 16;     // between sizes of blocks
  static constexpr uint64_t kLargestBlock = 512;

  uint32_t count;  // of blocks that are handed out
  uint32_t padding;
  uint64_t free_block;  // whose first word is the next one's address
  uint64_t next;
  uint64_t previous;
  uint32_t arena;
  uint32_t size_class;
  uint32_t next_offset;
  uint32_t last_offset;

  uint64_t block_size() const { return (uint64_t{size_class} + 1) * kStep; }
};
static_assert(sizeof(PythonPool) == 48);

// Of a block in one.
constexpr uint64_t pool_of(uint64_t block) { return block & ~(PythonPool::kSize - 1); }

}  // namespace pysnap::format
