// Address space that the kernel must place nothing in: taken without access.
#pragma once

#include <cstdint>

namespace pysnap::bare {

inline constexpr uint64_t kUserSpaceEnd = 0x7ffffffff000;  // 47 bits less the guard page, mm.rst

// Takes a range in which nothing lies; 0 or an errno.
int reserve(uint64_t begin, uint64_t end);

// Takes all free places in a range; 0 or an errno. Linux gives a mapping without an address the
// highest free range (mm/mmap.c, top-down layout): with all above a ceiling taken, the next lands
// below it.
int reserve_free(uint64_t begin, uint64_t end);

}  // namespace pysnap::bare
