#include "agent/arena_tree.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

namespace pysnap::agent {
namespace {

constexpr uint64_t kArena = uint64_t{1} << 20;

// A tree and the arenas in it. As in a moved process, but for the nodes, which stay.
struct Sample {
  Sample(uint32_t upper_bits, uint32_t lower_bits)
      : root(size_t{1} << upper_bits),
        shape{reinterpret_cast<uint64_t>(root.data()), upper_bits, lower_bits} {}

  bool move(uint64_t first) {
    tree->begin(shape, 0);
    for (const uint64_t arena : arenas) tree->remove(arena);
    for (const uint64_t arena : arenas) tree->unlink(arena);
    tree->add_spare_nodes();
    bool all = true;
    for (uint64_t i = 0; i < arenas.size(); ++i) {
      arenas[i] = first + i * kArena;
      all = all && tree->insert(arenas[i]);
    }
    return all;
  }

  std::vector<void*> root;
  format::ArenaTree shape;
  std::unique_ptr<ArenaTree> tree = std::make_unique<ArenaTree>();
  std::vector<uint64_t> arenas = std::vector<uint64_t>(40);
};

void check_moves(Sample& sample, uint64_t border) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    const uint64_t before = sample.arenas[3];
    // Aligned or not; every fifth time across the border of a low node.
    const uint64_t tail = round % 3 == 0 ? 0 : uint64_t{0x5000};
    uint64_t first = (uint64_t{1} << 44) + random() % (uint64_t{1} << 25) * (uint64_t{2} << 20);
    if (round % 5 == 0) first = first / border * border - 20 * kArena;
    REQUIRE(sample.move(first + tail));
    for (const uint64_t arena : sample.arenas) {
      CHECK(sample.tree->knows(arena));
      CHECK(sample.tree->knows(arena + kArena / 2));
      CHECK(sample.tree->knows(arena + kArena - 16));
    }
    CHECK_FALSE(sample.tree->knows(sample.arenas.front() - 16));
    CHECK_FALSE(sample.tree->knows(sample.arenas.back() + kArena));
    if (round > 0) CHECK_FALSE(sample.tree->knows(before));
  }
}

TEST_CASE("a moved process knows its arenas, and not the places they had") {
  Sample narrow(10, 8);
  check_moves(narrow, uint64_t{1} << 28);
}

TEST_CASE("the same with wide nodes") {
  Sample wide(15, 14);
  std::vector<void*> middle(size_t{1} << 15);
  std::vector<ArenaTree::Coverage> low(size_t{1} << 14);
  wide.root[0] = middle.data();
  middle[0] = low.data();
  check_moves(wide, uint64_t{1} << 34);
}

TEST_CASE("nodes are found where they lie now") {
  Sample sample(10, 8);
  std::vector<void*> middle(size_t{1} << 10);
  std::vector<ArenaTree::Coverage> low(size_t{1} << 8);
  constexpr uint64_t kSlide = uint64_t{3} << 21;
  const auto before = [](auto* node) {
    return reinterpret_cast<void*>(reinterpret_cast<uint64_t>(node) - kSlide);
  };
  constexpr uint64_t kBefore = (uint64_t{64} << 38) + (uint64_t{5} << 28) + 9 * kArena;
  sample.root[64] = before(middle.data());
  middle[5] = before(low.data());
  low[9].tail_high = -1;
  sample.tree->begin(sample.shape, kSlide);
  sample.tree->remove(kBefore);
  sample.tree->unlink(kBefore);
  CHECK(low[9].tail_high == 0);
  CHECK(sample.root[64] == nullptr);
  REQUIRE(sample.tree->insert(kBefore + (uint64_t{6} << 38) + (uint64_t{1} << 28)));
  CHECK(sample.root[70] == middle.data());
  CHECK(middle[5] == nullptr);
  CHECK(middle[6] == low.data());
}

TEST_CASE("more nodes than there are is said") {
  Sample sample(10, 8);
  sample.arenas.clear();
  REQUIRE(sample.move(0));
  bool inserted = true;
  for (uint64_t i = 1; inserted && i < 20; ++i) inserted = sample.tree->insert(i << 38);
  CHECK_FALSE(inserted);
}

}  // namespace
}  // namespace pysnap::agent
