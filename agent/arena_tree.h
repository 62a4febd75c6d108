// The radix tree in which the object allocator looks up whether an address is its own
// (Objects/obmalloc.c, 3.10 to 3.13, address_in_range()). It is keyed by addresses, so a moved
// process fills it again.
//
// Its nodes are used again; where the arenas now cross one more border, there are spare ones.
// Nothing allocates here, and no node is searched: some have hundreds of KiB.
#pragma once

#include <stdint.h>

#include "format/relocation.h"

namespace pysnap::agent {

class ArenaTree {
 public:
  struct Coverage {     // arena_coverage_t
    int32_t tail_high;  // where the arena begins that begins in this MiB; -1: with it
    int32_t tail_low;   // where the arena ends that ends in it
  };

  // `shape`: its root is where that lies now. All nodes lie `slide` further than the tree says.
  void begin(const format::ArenaTree& shape, uint64_t slide) {
    shape_ = shape;
    slide_ = slide;
    middles_ = {};
    lows_ = {};
  }

  // `arena`: where it was. All of them before unlink(), that before insert().
  void remove(uint64_t arena) {
    forget(arena);
    if (arena % kArena != 0) forget(arena + kArena);
  }

  void unlink(uint64_t arena) {
    unlink_entry(arena);
    unlink_entry(arena + kArena);
  }

  // After the last unlink().
  void add_spare_nodes() {
    for (auto& spare : spare_middles_) {
      if (shape_.upper_bits <= kSpareUpperBits) middles_.add(spare);
    }
    for (auto& spare : spare_lows_) {
      if (shape_.lower_bits <= kSpareLowerBits) lows_.add(spare);
    }
  }

  // arena_map_mark_used(). False: there is no node left for it.
  bool insert(uint64_t arena) {
    Coverage* first = coverage(arena);
    if (first == nullptr) return false;
    const auto tail = static_cast<int32_t>(arena % kArena);
    if (tail == 0) {
      first->tail_high = -1;
      return true;
    }
    first->tail_high = tail;
    Coverage* next = coverage(arena + kArena);
    if (next == nullptr) return false;
    next->tail_low = tail;
    return true;
  }

  // address_in_range()
  bool knows(uint64_t address) const {
    const auto* middle = static_cast<void* const*>(root()[shape_.upper_index(address)]);
    if (middle == nullptr) return false;
    const auto* low = static_cast<const Coverage*>(middle[shape_.middle_index(address)]);
    if (low == nullptr) return false;
    const Coverage& coverage = low[shape_.lower_index(address)];
    const auto tail = static_cast<int32_t>(address % kArena);
    return tail < coverage.tail_low || (coverage.tail_high != 0 && tail >= coverage.tail_high);
  }

  // Calls `visit` with the address and the size of all that may have been changed.
  template <typename Visit>
  void visit_nodes(Visit&& visit) const {
    constexpr uint64_t kPointer = sizeof(void*);
    // Addresses of processes have 47 bits: of a wide root only the first pointer is used.
    visit(root(), kPointer << (shape_.upper_bits < 15 ? shape_.upper_bits : 0));
    for (int i = 0; i < middles_.visible(); ++i)
      visit(middles_.nodes[i], kPointer << shape_.upper_bits);
    for (int i = 0; i < lows_.visible(); ++i)
      visit(lows_.nodes[i], sizeof(Coverage) << shape_.lower_bits);
  }

 private:
  static constexpr uint64_t kArena = uint64_t{1} << format::kArenaBits;
  static constexpr uint32_t kSpareUpperBits = 10;
  static constexpr uint32_t kSpareLowerBits = 14;
  static constexpr int kSpares = 2;
  static constexpr int kMostNodes = 512;

  // Nodes without a place in the tree. More than there is room for are given up.
  struct Nodes {
    void* nodes[kMostNodes];
    int count;
    int used;
    int own;  // the first ones, which the tree had

    void add(void* node) {
      for (int i = 0; i < count; ++i) {
        if (nodes[i] == node) return;
      }
      if (count < kMostNodes) nodes[count++] = node;
    }
    void* take() { return used == count ? nullptr : nodes[used++]; }
    int visible() const { return used > own ? used : own; }
  };

  void** root() const { return reinterpret_cast<void**>(shape_.root); }

  template <typename Node>
  Node* moved(void* node) const {
    return reinterpret_cast<Node*>(reinterpret_cast<uint64_t>(node) + slide_);
  }

  void forget(uint64_t address) {
    void* node = root()[shape_.upper_index(address)];
    if (node == nullptr) return;
    void** middle = moved<void*>(node);
    middles_.add(middle);
    node = middle[shape_.middle_index(address)];
    if (node == nullptr) return;
    auto* low = moved<Coverage>(node);
    low[shape_.lower_index(address)] = {0, 0};
    lows_.add(low);
    middles_.own = middles_.count;
    lows_.own = lows_.count;
  }

  void unlink_entry(uint64_t address) {
    void*& node = root()[shape_.upper_index(address)];
    for (int i = 0; i < middles_.own; ++i)
      static_cast<void**>(middles_.nodes[i])[shape_.middle_index(address)] = nullptr;
    node = nullptr;
  }

  Coverage* coverage(uint64_t address) {
    void*& middle = root()[shape_.upper_index(address)];
    if (middle == nullptr) middle = middles_.take();
    if (middle == nullptr) return nullptr;
    void*& low = static_cast<void**>(middle)[shape_.middle_index(address)];
    if (low == nullptr) low = lows_.take();
    return low == nullptr ? nullptr : static_cast<Coverage*>(low) + shape_.lower_index(address);
  }

  format::ArenaTree shape_ = {};
  uint64_t slide_ = 0;
  Nodes middles_ = {};
  Nodes lows_ = {};
  void* spare_middles_[kSpares][uint64_t{1} << kSpareUpperBits] = {};
  Coverage spare_lows_[kSpares][uint64_t{1} << kSpareLowerBits] = {};
};

}  // namespace pysnap::agent
