// Memory of the boot without remains of what was there before.
//
// Invariant: until end_clean_memory(), what Python's allocators hand out is zero wherever its owner
// has not written. So a stale half of an address, or of a secret, behind the end of an object is in
// no image; and two boots with equal inputs have equal memory.
#pragma once

#include <cstdint>

#include "format/agent_contract.h"

namespace pysnap::agent {

// Before the interpreter initialises itself. Where PYTHONMALLOC or -X dev choose other allocators,
// theirs take the place of these, and memory is as they leave it.
void begin_clean_memory();

// The allocators are CPython's own again: a launch pays nothing. Where somebody has wrapped ours
// (tracemalloc), they stay.
void end_clean_memory();

// Where the allocator of objects has its memory.
struct Arena {
  uintptr_t address;
  uint64_t size;
};
struct Arenas {
  const Arena* first;
  uint64_t count;  // 0: they are not known
};
Arenas known_arenas();

// For the builder, which looks for objects there.
void describe_heap(format::PythonHeap& heap);

}  // namespace pysnap::agent
