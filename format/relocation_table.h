// The relocation table of an image: which of its words change when its arena lies elsewhere.
//
// It lies behind the captured pages, not in the metadata block: a launch at the image's own place
// never reads it. It has a checksum of its own (its Segment), and whoever applies it compares that
// and checks every place first: a damaged table is refused.
//
// Nearly all words are plain addresses at multiples of 8, in runs. They are packed as ELF packs
// them (DT_RELR, the generic ABI's chapter on dynamic linking): an even entry is a place; an odd
// one is a bitmap for the 63 words behind the last place or bitmap. That takes about one bit a
// word; a list of places would take 64 bits for each.
//
// Places are named as they were when the image was built: at `ImageHeader::relocation_ceiling`. A
// rebase changes the words and not the places. What lies below the arena never moves.
#pragma once

#include <cstdint>

#include "format/image_view.h"
#include "format/relocation.h"

namespace pysnap::format {

inline constexpr uint64_t kRelocationMagic = 0x636f6c6572730a1a;

// A word that is no aligned address.
struct OtherWord {
  uint64_t place;
  RelocationKind kind;
  uint32_t reserved;
};

// What the table begins with. Offsets count from its first byte.
struct RelocationTable {
  uint64_t magic;
  uint64_t size;        // of the whole table
  Table address_words;  // uint64_t, packed: kAddress at multiples of 8
  Table other_words;    // OtherWord, ascending places
  Table hashes;         // DerivedHash
  Table tables;         // HashTable
  ArenaTree arena_tree;
  uint64_t step;  // slides are multiples of it: a power of 2
};

static_assert(kIsRecord<OtherWord> && sizeof(OtherWord) == 16);
static_assert(kIsRecord<DerivedHash> && sizeof(DerivedHash) == 16);
static_assert(kIsRecord<HashTable> && sizeof(HashTable) == 32);
static_assert(kIsRecord<RelocationTable> && sizeof(RelocationTable) == 104);

// Where a place of the table is now.
struct Placement {
  uint64_t low;       // what lies below does not move
  uint64_t distance;  // modulo 2^64

  uint64_t at(uint64_t place) const { return place >= low ? place + distance : place; }
};

inline Placement placement_of(const ImageHeader& header) {
  const uint64_t distance = header.arena_high - header.relocation_ceiling;
  return {header.arena_low - distance, distance};
}

inline constexpr uint64_t kWordsOfBitmap = 63;

// Calls `visit` with the place of each packed word, in ascending order.
template <typename Visit>
void visit_packed(const Records<uint64_t>& entries, Visit&& visit) {
  constexpr uint64_t kWordSize = sizeof(uint64_t);
  uint64_t next = 0;
  for (const uint64_t entry : entries) {
    if ((entry & 1) == 0) {
      visit(entry);
      next = entry + kWordSize;
      continue;
    }
    for (uint64_t bits = entry >> 1; bits != 0; bits &= bits - 1)
      visit(next + static_cast<uint64_t>(__builtin_ctzll(bits)) * kWordSize);
    next += kWordsOfBitmap * kWordSize;
  }
}

// Calls `visit` with the first and the last place of each entry, less than a page apart: enough for
// whoever looks at pages.
template <typename Visit>
void visit_packed_runs(const Records<uint64_t>& entries, Visit&& visit) {
  constexpr int kLastBit = 63;
  constexpr uint64_t kWordSize = sizeof(uint64_t);
  uint64_t next = 0;
  for (const uint64_t entry : entries) {
    if ((entry & 1) == 0) {
      visit(entry, entry);
      next = entry + kWordSize;
      continue;
    }
    const uint64_t bits = entry >> 1;
    if (bits != 0) {
      const auto first = static_cast<uint64_t>(__builtin_ctzll(bits));
      const auto last = static_cast<uint64_t>(kLastBit - __builtin_clzll(bits));
      visit(next + first * kWordSize, next + last * kWordSize);
    }
    next += kWordsOfBitmap * kWordSize;
  }
}

// The reader of a table. Invariant: `check` has accepted it before anything else is called.
class RelocationView {
 public:
  explicit RelocationView(const void* table) : bytes_(static_cast<const unsigned char*>(table)) {}

  const RelocationTable& header() const {
    return *reinterpret_cast<const RelocationTable*>(bytes_);
  }
  Records<uint64_t> address_words() const { return records<uint64_t>(header().address_words); }
  Records<OtherWord> other_words() const { return records<OtherWord>(header().other_words); }
  Records<DerivedHash> hashes() const { return records<DerivedHash>(header().hashes); }
  Records<HashTable> tables() const { return records<HashTable>(header().tables); }

  uint64_t address_word_count() const {
    uint64_t count = 0;
    visit_packed(address_words(), [&count](uint64_t) { ++count; });
    return count;
  }

 private:
  template <typename T>
  Records<T> records(const Table& table) const {
    return {reinterpret_cast<const T*>(bytes_ + table.offset), table.count};
  }

  const unsigned char* bytes_;
};

// Why a relocation table cannot be applied to its image; nullptr: it can.
class RelocationCheck {
 public:
  // `table` must be 8-byte aligned. The caller has compared its checksum.
  static const char* check(const void* table, uint64_t size, const ImageView& image) {
    if (size < sizeof(RelocationTable)) return "its relocation table is too short";
    const RelocationView view(table);
    const RelocationTable& header = view.header();
    if (header.magic != kRelocationMagic || header.size != size)
      return "its relocation table is no such table";
    const bool inside = lies_inside(header.address_words, sizeof(uint64_t), size) &&
                        lies_inside(header.other_words, sizeof(OtherWord), size) &&
                        lies_inside(header.hashes, sizeof(DerivedHash), size) &&
                        lies_inside(header.tables, sizeof(HashTable), size);
    if (!inside) return "a part of its relocation table lies outside it";
    constexpr uint64_t kLongestStep = uint64_t{1} << 40;
    if (header.step < kPageSize || header.step > kLongestStep ||
        (header.step & (header.step - 1)) != 0)
      return "the step of its relocation table is impossible";
    return RelocationCheck(view, image).places_exist() ? nullptr
                                                       : "its relocation table names a place "
                                                         "outside its pages";
  }

 private:
  RelocationCheck(const RelocationView& view, const ImageView& image)
      : view_(view), image_(image), placement_(placement_of(image.header())) {}

  static bool lies_inside(const Table& table, uint64_t entry_size, uint64_t size) {
    return table.entry_size == entry_size && table.offset % sizeof(uint64_t) == 0 &&
           table.offset >= sizeof(RelocationTable) && table.offset <= size &&
           table.count <= (size - table.offset) / entry_size;
  }

  bool places_exist() {
    bool good = true;
    uint64_t last_page = 1;  // none; regions are whole pages, and aligned words lie in one
    const auto check = [&](uint64_t place) {
      const uint64_t page = place & ~(kPageSize - 1);
      good = good && place % sizeof(uint64_t) == 0 && (page == last_page || holds_word(place));
      last_page = page;
    };
    visit_packed_runs(view_.address_words(), [&](uint64_t first, uint64_t last) {
      check(first);
      check(last);
    });
    for (const OtherWord& word : view_.other_words()) {
      const auto kind = static_cast<uint32_t>(word.kind);
      good = good && kind >= 1 && kind <= kRelocationKindCount && holds_word(word.place);
    }
    constexpr uint64_t kWord = sizeof(uint64_t);
    for (const DerivedHash& hash : view_.hashes()) {
      const uint64_t first = hash.rule == HashRule::kOfPrevious ? hash.place - kWord : hash.place;
      const uint64_t size = hash.rule == HashRule::kForgotten ? kWord : 2 * kWord;
      good = good && hash.rule >= HashRule::kOfNext && hash.rule <= HashRule::kForgotten &&
             hash.place % kWord == 0 && is_writable(first, size);
    }
    for (const HashTable& table : view_.tables()) good = good && is_possible(table);
    const ArenaTree& tree = view_.header().arena_tree;
    constexpr uint32_t kMostBits = 15;
    return good && (tree.root == 0 ||
                    (tree.upper_bits <= kMostBits && tree.lower_bits <= kMostBits &&
                     tree.root % kWord == 0 && is_writable(tree.root, kWord << tree.upper_bits)));
  }

  bool is_possible(const HashTable& table) {
    constexpr uint32_t kMostSlots = 40;  // as a power of 2
    constexpr uint64_t kEntry = 24;
    constexpr uint64_t kSetEntry = 16;
    if (table.log2_slots > kMostSlots) return false;
    const uint64_t slots = uint64_t{1} << table.log2_slots;
    if (!is_writable(table.slots, slots * table.slot_bytes)) return false;
    if (table.kind == TableKind::kSet)
      return table.slot_bytes == kSetEntry && table.slots % sizeof(uint64_t) == 0 &&
             table.entries % sizeof(uint64_t) == 0 && is_writable(table.entries, sizeof(uint64_t));
    const uint32_t bytes = table.slot_bytes;
    const bool is_size = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
    // One slot at least stays empty, or a search would not end.
    return table.kind == TableKind::kDictionary && is_size && table.slots % bytes == 0 &&
           table.entries % sizeof(uint64_t) == 0 && table.entry_count < slots &&
           (table.entry_count == 0 || is_writable(table.entries, table.entry_count * kEntry));
  }

  // In captured pages that the restorer makes writable for it.
  bool holds_word(uint64_t place) {
    return place % 2 == 0 && covers(place, sizeof(uint64_t), [](const Region& region) {
             return region.kind == RegionKind::kImage && (region.flags & kRelocated) != 0;
           });
  }

  bool is_writable(uint64_t place, uint64_t size) {
    constexpr uint32_t kWritable = 2;  // PROT_WRITE
    return size != 0 && covers(place, size, [](const Region& region) {
             return (region.kind == RegionKind::kImage || region.kind == RegionKind::kZero) &&
                    (region.protection & kWritable) != 0;
           });
  }

  // Whether regions of one kind, without gaps, have all of a range. Places mostly ascend: the last
  // region is tried first.
  template <typename Test>
  bool covers(uint64_t place, uint64_t size, Test&& test) {
    const uint64_t begin = placement_.at(place);
    const uint64_t end = begin + size;
    if (end < begin || !find_region(begin)) return false;
    const Records<Region> regions = image_.regions();
    for (uint32_t i = last_;; ++i) {
      if (!test(regions[i])) return false;
      const uint64_t region_end = regions[i].address + regions[i].size;
      if (region_end >= end) return true;
      if (i + 1 == regions.count || regions[i + 1].address != region_end) return false;
    }
  }

  bool find_region(uint64_t address) {
    const Records<Region> regions = image_.regions();
    if (last_ < regions.count && address - regions[last_].address < regions[last_].size)
      return true;
    uint32_t low = 0;
    uint32_t high = regions.count;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (regions[middle].address + regions[middle].size <= address)
        low = middle + 1;
      else
        high = middle;
    }
    last_ = low;
    return low < regions.count && address - regions[low].address < regions[low].size;
  }

  const RelocationView view_;
  const ImageView image_;
  const Placement placement_;
  uint32_t last_ = 0;
};

}  // namespace pysnap::format
