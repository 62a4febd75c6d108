// Words that differ between boots and are no addresses, told from what they look like.
#pragma once

#include <cstdint>

#include "snapshot/snapshot_memory.h"

namespace pysnap::snapshot {

// The loader keeps what CPUID leaf 1 has told, and there the number of the processor is in the
// uppermost byte of EBX (Intel's manual, volume 2, CPUID).
bool is_of_processor(const format::Processor& processor, uint64_t found, uint64_t wanted);

// 3.13 carries mimalloc, whose generator is seeded from an address and the time, used or not: the
// state of ChaCha20, and three words in front of it (mi_heap_t, Include/internal/mimalloc).
bool is_of_generator(const SnapshotMemory& memory, uint64_t place);

// A piece of a text that differs in hexadecimal digits.
bool tells_address(uint64_t found, uint64_t wanted);

}  // namespace pysnap::snapshot
