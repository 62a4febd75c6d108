#include "snapshot/stale_bytes.h"

namespace pysnap::snapshot {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr int kHalf = 32;                  // bits under the upper half of a word
constexpr uint64_t kFewestStaleBytes = 3;  // the uppermost two of an address are zero

// Whether a block of malloc that can have been in a list of free ones begins here: what malloc has
// written before it, and behind it, are sizes (malloc_chunk of glibc's malloc/malloc.c).
bool begins_small_block(const SnapshotMemory& memory, uint64_t place) {
  constexpr uint64_t kFlags = 7;
  constexpr uint64_t kPreviousInUse = 1;
  constexpr uint64_t kMapped = 2;
  constexpr uint64_t kSmallest = 32;
  constexpr uint64_t kLargest = 1040;  // of tcache
  if (place % (2 * kWord) != 0) return false;
  const uint64_t size = memory.word(place - kWord).value_or(0);
  if ((size & kMapped) != 0 || size % (2 * kWord) > kFlags) return false;
  const uint64_t bytes = size & ~kFlags;
  if (bytes < kSmallest || bytes > kLargest) return false;
  // Blocks in those lists count as in use.
  const uint64_t next = memory.word(place - kWord + bytes).value_or(0);
  return next >= kSmallest && next % (2 * kWord) <= kFlags && (next & kPreviousInUse) != 0;
}

// One word of one boot.
class Word {
 public:
  Word(uint64_t value, uint64_t place, const ArenaRange& arena)
      : value_(value), place_(place), arena_(arena) {}

  // Whether what is above these bits is left of an address or a link.
  bool is_left_above(int bits) const {
    return is_in_arena(value_, bits) || is_in_arena(link(), bits) ||
           (bits < kHalf && is_end_of_list(bits)) || (bits == kHalf && has_cleared_bits());
  }

  // The link at the end of a list. Its upper half alone is a small number, like many others.
  bool is_end_of_list(int bits) const { return link() >> bits == 0; }
  bool is_end_of_list_beside_bit() const {
    return is_end_of_list(kHalf) ||
           value_ >> kHalf == (place_ >> format::kLinkBits >> kHalf & ~uint64_t{1});
  }

 private:
  uint64_t link() const { return value_ ^ place_ >> format::kLinkBits; }

  bool is_in_arena(uint64_t word, int bits) const {
    return word >> bits >= arena_.low >> bits && word >> bits <= arena_.ceiling >> bits;
  }

  // An int, and beside it bit-fields that were set to zero; the other bits were never written.
  bool has_cleared_bits() const {
    constexpr int kMostBits = 4;
    const uint64_t half = value_ >> kHalf;
    for (int bits = 1; bits <= kMostBits && half % (uint64_t{1} << bits) == 0; ++bits) {
      if (is_in_arena(value_, kHalf + bits) || is_in_arena(link(), kHalf + bits)) return true;
    }
    return false;
  }

  const uint64_t value_;
  const uint64_t place_;
  const ArenaRange arena_;
};

}  // namespace

uint64_t stale_bytes(const BootPair& boots, const ArenaRange& arena, uint64_t place) {
  const uint64_t found = *boots.first().word(place);
  const uint64_t wanted = *boots.second().word(place);
  const uint64_t slide = boots.slide();
  const Word first(found, place, arena);
  const Word second(wanted, place + slide, {arena.low + slide, arena.ceiling + slide});
  // As few as explain the difference: what is under them may be read.
  for (uint64_t size = kFewestStaleBytes; size < kWord; ++size) {
    const int bits = static_cast<int>((kWord - size) * 8);
    const bool is_rest_equal = found << (64 - bits) == wanted << (64 - bits);
    if (!is_rest_equal) continue;
    if (first.is_left_above(bits) && second.is_left_above(bits)) return size;
    const bool are_ends =
        bits == kHalf && first.is_end_of_list_beside_bit() && second.is_end_of_list_beside_bit();
    if (are_ends && begins_small_block(boots.first(), place)) return size;
  }
  return 0;
}

}  // namespace pysnap::snapshot
