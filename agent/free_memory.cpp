// How the free blocks are found: they are asked for. The allocator (Objects/obmalloc.c, the same
// from 3.10 to 3.13) has pools of 16 KiB with blocks of one size each. It hands out blocks of pools
// that are in use before it takes an empty pool, whose count is then 1: so everything that was free
// in pools of that size has been handed out by then. Empty pools that have been used before come
// ahead of those that never were.
#include "agent/free_memory.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "agent/python_api.h"
#include "format/python_pool.h"

namespace pysnap::agent {
namespace {

using Pool = format::PythonPool;

constexpr size_t kStep = Pool::kStep;
constexpr size_t kLargest = Pool::kLargestBlock;
constexpr size_t kRoom = Pool::kSize - sizeof(Pool);

struct Block {
  Block* next;
};

Pool* pool_of(void* block) {
  return reinterpret_cast<Pool*>(format::pool_of(reinterpret_cast<uint64_t>(block)));
}

bool is_pymalloc() {
  const auto name =
      reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "_PyMem_GetCurrentAllocatorName"));
  if (name == nullptr) return false;
  const char* current = name();
  return current != nullptr && strcmp(current, "pymalloc") == 0;
}

// Of a pool whose first block has just been handed out: never used before.
bool is_untouched(const Pool* pool) {
  const char* bytes = reinterpret_cast<const char*>(pool + 1);
  const size_t behind_second = 2 * kLargest;
  for (size_t i = behind_second; i < kRoom; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

// Pools in use first; those that are empty serve all sizes, and the largest goes through them.
bool is_last(const Pool* pool, size_t size) {
  return pool->count == 1 && (size != kLargest || is_untouched(pool));
}

void wipe_blocks_of(size_t size) {
  constexpr long kMost = 1 << 22;
  Block* taken = nullptr;
  for (long i = 0; i < kMost; ++i) {
    auto* block = static_cast<Block*>(python.PyObject_Malloc(size));
    if (block == nullptr) break;
    Pool* pool = pool_of(block);
    const bool is_known = pool->block_size() == size;
    const bool ends = !is_known || is_last(pool, size);
    if (is_known) {
      memset(block, 0, size);
      const size_t rest = kRoom % size;  // no block's
      memset(reinterpret_cast<char*>(pool) + Pool::kSize - rest, 0, rest);
    }
    block->next = taken;
    taken = block;
    if (ends) break;
  }
  // In the order that makes the allocator hand them out as it would have before.
  while (taken != nullptr) {
    Block* next = taken->next;
    python.PyObject_Free(taken);
    taken = next;
  }
}

}  // namespace

void wipe_free_blocks() {
  if (!is_pymalloc()) return;
  for (size_t size = kStep; size <= kLargest; size += kStep) wipe_blocks_of(size);
}

}  // namespace pysnap::agent
