// The radix tree of Objects/obmalloc.c. Its lowest nodes say for each MiB where an arena begins in
// it (`tail_hi`) and where one ends (`tail_lo`). Which bits of an address choose a node depends on
// the version: 10, 10 and 8 above the arena's 20 bits, or 15, 15 and 14.
#include "snapshot/python_heap.h"

namespace pysnap::snapshot {
namespace {

using format::ArenaTree;
using format::kArenaBits;

constexpr uint64_t kWord = sizeof(uint64_t);

// Whether the tree knows that an arena begins there.
bool knows(const SnapshotMemory& memory, const ArenaTree& tree, uint64_t arena) {
  const auto middle = memory.word(tree.root + tree.upper_index(arena) * kWord);
  if (!middle || *middle == 0 || *middle % kWord != 0) return false;
  const auto lower = memory.word(*middle + tree.middle_index(arena) * kWord);
  if (!lower || *lower == 0 || *lower % kWord != 0) return false;
  const auto begins = memory.record<int32_t>(*lower + tree.lower_index(arena) * kWord);
  const auto tail = static_cast<int32_t>(arena % (uint64_t{1} << kArenaBits));
  return begins && *begins == (tail == 0 ? -1 : tail);
}

bool knows_all(const SnapshotMemory& memory, const ArenaTree& tree, const PythonHeap& heap) {
  for (const auto& [arena, size] : heap.arenas()) {
    if (!knows(memory, tree, arena)) return false;
  }
  return true;
}

}  // namespace

ArenaTree find_arena_tree(const SnapshotMemory& memory, const PythonHeap& heap,
                          const std::vector<uint64_t>& pointers) {
  if (heap.arenas().empty()) return {};
  constexpr ArenaTree kShapes[] = {{0, 10, 8}, {0, 15, 14}};
  const uint64_t first = heap.arenas().begin()->first;
  for (const uint64_t place : pointers) {
    for (ArenaTree tree : kShapes) {
      tree.root = place - tree.upper_index(first) * kWord;
      if (knows(memory, tree, first) && knows_all(memory, tree, heap)) return tree;
    }
  }
  return {};
}

ArenaTreeNodes read_arena_tree(const SnapshotMemory& memory, const ArenaTree& tree) {
  ArenaTreeNodes found;
  const uint64_t upper_size = kWord << tree.upper_bits;
  const uint64_t lower_size = kWord << tree.lower_bits;
  const auto add_node = [&](uint64_t node, uint64_t size) {
    found.nodes.push_back({node, node + size, nullptr});
  };
  add_node(tree.root, upper_size);
  for (uint64_t at = tree.root; at < tree.root + upper_size; at += kWord) {
    const uint64_t middle = memory.word(at).value_or(0);
    if (middle == 0) continue;
    found.pointers.push_back(at);
    add_node(middle, upper_size);
    for (uint64_t entry = middle; entry < middle + upper_size; entry += kWord) {
      const uint64_t lower = memory.word(entry).value_or(0);
      if (lower == 0) continue;
      found.pointers.push_back(entry);
      add_node(lower, lower_size);
    }
  }
  return found;
}

}  // namespace pysnap::snapshot
