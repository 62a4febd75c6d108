// Where things lie in an arena, counted down from its ceiling. Shared by the boot stub, which makes
// the arena, and the snapshot, which recognises its parts.
#pragma once

#include <cstdint>

namespace pysnap::format {

// Room for the main stack: launches get as much of it as their RLIMIT_STACK allows.
inline constexpr uint64_t kStackSlotSize = uint64_t{256} << 20;
// Room for [vvar], [vvar_vclock] and [vdso]: 8 pages on Linux 6.18.
inline constexpr uint64_t kKernelPageSlotSize = uint64_t{64} << 10;
// Ceilings are multiples of this, so that huge pages stay possible.
inline constexpr uint64_t kCeilingStep = uint64_t{2} << 20;
// Ceilings lie far from where the kernel puts stacks, position-independent programs and ordinary
// mappings (0x55.., 0x7f..).
inline constexpr uint64_t kLowestCeiling = uint64_t{1} << 44;
inline constexpr uint64_t kCeilingSpan = uint64_t{1} << 46;
// The front of an executable image (headers, metadata, embedded restorer) is loaded at its ceiling.

constexpr uint64_t kernel_page_slot(uint64_t ceiling) {
  return ceiling - kStackSlotSize - kKernelPageSlotSize;
}

// A ceiling for a random number: 25 bits of it count in steps of 2 MiB. It differs from `like` by a
// multiple of `step`, a power of 2.
constexpr uint64_t ceiling_for(uint64_t random, uint64_t like, uint64_t step) {
  return kLowestCeiling + random % (kCeilingSpan / step) * step + like % step;
}

// Exit status of pysnap-boot when it could not start the program.
inline constexpr int kBootFailed = 124;

}  // namespace pysnap::format
