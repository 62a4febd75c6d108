// How words of an image change when its arena lies elsewhere. Each kind is one equation; whoever
// looks for relocations and whoever applies them uses this one definition.
//
// The equations hold for a word whatever it is part of. They were found by comparing boots that
// differ in their ceiling alone (snapshot/compare_boots.h), not by knowing types.
#pragma once

#include <cstdint>

namespace pysnap::format {

// Zero is never a valid kind.
enum class RelocationKind : uint32_t {
  // The word is an address in the arena, or one plus a constant. Also at places that are multiples
  // of 2 only: inline caches of specialised bytecode (Include/internal/pycore_code.h).
  kAddress = 1,
  // id() as a hash: the address rotated right by 4 (_Py_HashPointer(), Python/pyhash.c).
  kIdentityHash = 2,
  // A link of a free list of malloc: the address, exclusive-or the place of the word shifted right
  // by 12 (PROTECT_PTR, glibc's malloc/malloc.c, since 2.32).
  kSafeLink = 3,
  // The same at the end of a list, where the address is null.
  kSafeLinkEnd = 4,
  // A function pointer that glibc keeps: exclusive-or the pointer guard, rotated left by 17
  // (PTR_MANGLE, sysdeps/unix/sysv/linux/x86_64/pointer_guard.h).
  kMangled = 5,
  // An address in an int of Python: two digits of 30 bits (Include/cpython/longintrepr.h).
  kDigits = 6,
};

inline constexpr uint32_t kRelocationKindCount = 6;

// Where the thread block keeps the pointer guard (glibc's sysdeps/x86_64/nptl/tls.h).
inline constexpr uint64_t kPointerGuardOffset = 0x30;

// By how much the arena moves (modulo 2^64), and what mangled pointers are mixed with.
struct Shift {
  uint64_t slide;
  uint64_t pointer_guard;
};

constexpr uint64_t rotated_left(uint64_t word, int bits) {
  return word << bits | word >> (64 - bits);
}

// By how far id() is rotated, and the place of a link shifted.
inline constexpr int kHashBits = 4;
inline constexpr int kLinkBits = 12;

constexpr uint64_t identity_hash(uint64_t address) { return rotated_left(address, 64 - kHashBits); }

constexpr uint64_t value_of_digits(uint64_t word) {
  return (word & 0x3fffffff) | (word >> 32) << 30;
}

constexpr uint64_t digits_of_value(uint64_t value) {
  return (value & 0x3fffffff) | (value >> 30) << 32;
}

// The word that belongs at `place` + slide when `word` was at `place`.
constexpr uint64_t relocated(RelocationKind kind, uint64_t word, uint64_t place,
                             const Shift& shift) {
  constexpr int kGuardBits = 17;
  const uint64_t moved = place + shift.slide;
  switch (kind) {
    case RelocationKind::kAddress:
      return word + shift.slide;
    case RelocationKind::kIdentityHash:
      return identity_hash(rotated_left(word, kHashBits) + shift.slide);
    case RelocationKind::kSafeLink:
      return ((word ^ place >> kLinkBits) + shift.slide) ^ moved >> kLinkBits;
    case RelocationKind::kSafeLinkEnd:
      return word ^ place >> kLinkBits ^ moved >> kLinkBits;
    case RelocationKind::kMangled: {
      const uint64_t address = rotated_left(word, 64 - kGuardBits) ^ shift.pointer_guard;
      return rotated_left((address + shift.slide) ^ shift.pointer_guard, kGuardBits);
    }
    case RelocationKind::kDigits:
      return digits_of_value(value_of_digits(word) + shift.slide);
  }
  return word;
}

// What equations alone cannot do; the agent does it in the moved process, before any Python code.
//
// A hash that was computed from addresses: of a tuple that holds a class, for example.
enum class HashRule : uint32_t {
  kOfNext = 1,      // hash() of the object whose address is the next word: entries of dictionaries
  kOfPrevious = 2,  // of the word before: entries of sets
  kForgotten = 3,  // the cache of an object's own hash: -1, and it is computed again when asked for
};

struct DerivedHash {
  uint64_t place;
  HashRule rule;
  uint32_t reserved;
};

enum class TableKind : uint32_t { kDictionary = 1, kSet = 2 };

// A hash table with at least one hash that moves: its slots are filled again from the hashes in it.
// Entries of sets change their slots then, so no list of places can name them, and an image would
// need another one after each move: the agent itself moves the keys and hashes of a set.
struct HashTable {
  uint64_t slots;        // kDictionary: the indices; kSet: the entries (key, hash)
  uint64_t entries;      // kDictionary: (hash, key, value), in order; kSet: where the count of
                         // slots in use is, dummies among them (`fill`)
  uint32_t entry_count;  // kDictionary; kSet: 1 if some of its hashes are derived, else 0
  uint32_t slot_bytes;   // kDictionary: 1, 2, 4 or 8; kSet: 16
  uint32_t log2_slots;
  TableKind kind;
};

inline constexpr int kArenaBits = 20;  // of an address in an arena of Python: 1 MiB

// The tree by which Python's allocator of objects knows its arenas (Objects/obmalloc.c): which MiB
// of an address is which entry. Upper and middle nodes have 2^upper_bits pointers, lower ones
// 2^lower_bits entries.
struct ArenaTree {
  uint64_t root;  // 0: there is none
  uint32_t upper_bits;
  uint32_t lower_bits;

  // Which entry of a node of each level an address is in.
  constexpr uint64_t upper_index(uint64_t address) const {
    return bits(address, kArenaBits + lower_bits + upper_bits, upper_bits);
  }
  constexpr uint64_t middle_index(uint64_t address) const {
    return bits(address, kArenaBits + lower_bits, upper_bits);
  }
  constexpr uint64_t lower_index(uint64_t address) const {
    return bits(address, kArenaBits, lower_bits);
  }

 private:
  static constexpr uint64_t bits(uint64_t address, uint32_t lowest, uint32_t count) {
    return address >> lowest & ((uint64_t{1} << count) - 1);
  }
};

}  // namespace pysnap::format
