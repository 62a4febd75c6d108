#include "agent/hash_tables.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

namespace pysnap::agent {
namespace {

constexpr int kKey = 0;

// lookdict() of CPython: the index that a search for a hash ends at, or -1 at a free slot.
template <typename Slot>
int64_t look_up(const std::vector<Slot>& slots, const std::vector<DictionaryEntry>& entries,
                uint64_t hash) {
  const uint64_t mask = slots.size() - 1;
  uint64_t perturb = hash;
  for (uint64_t slot = hash & mask;; perturb >>= 5, slot = (slot * 5 + perturb + 1) & mask) {
    if (slots[slot] == -1) return -1;
    if (entries[static_cast<size_t>(slots[slot])].hash == hash) return slots[slot];
    if (perturb == hash) perturb = hash;
  }
}

template <typename Slot>
void check_dictionary(uint32_t log2_slots, uint64_t seed) {
  std::mt19937_64 random(seed);
  const size_t count = (size_t{1} << log2_slots) * 2 / 3;
  std::vector<DictionaryEntry> entries(count);
  for (DictionaryEntry& entry : entries)
    entry = {random() & (seed % 2 == 0 ? ~uint64_t{0} : 0xff00ff), &kKey, &kKey};
  for (size_t i = 3; i < count; i += 7) entries[i].key = nullptr;
  std::vector<Slot> slots(size_t{1} << log2_slots, 17);
  fill_dictionary(slots.data(), sizeof(Slot), log2_slots, entries.data(),
                  static_cast<uint32_t>(count));
  size_t used = 0;
  for (const Slot slot : slots) used += slot == -1 ? 0 : 1;
  size_t wanted = 0;
  for (const DictionaryEntry& entry : entries) wanted += entry.key == nullptr ? 0 : 1;
  CHECK(used == wanted);
  for (const DictionaryEntry& entry : entries) {
    if (entry.key == nullptr) continue;
    const int64_t found = look_up(slots, entries, entry.hash);
    REQUIRE(found >= 0);
    CHECK(entries[static_cast<size_t>(found)].hash == entry.hash);
  }
}

TEST_CASE("a dictionary that was filled again finds its keys, with every size of slots") {
  check_dictionary<int8_t>(3, 2);
  check_dictionary<int8_t>(7, 4);
  check_dictionary<int16_t>(10, 6);
  check_dictionary<int32_t>(12, 8);
  check_dictionary<int64_t>(9, 10);
}

TEST_CASE("collisions lead on as in CPython") {
  check_dictionary<int8_t>(6, 1);
  check_dictionary<int16_t>(9, 3);
}

// {i * 8: None for i in range(5)} in CPython: all begin at slot 0, and go on by their upper bits.
TEST_CASE("the slots are those that CPython fills") {
  std::vector<DictionaryEntry> entries;
  for (uint64_t i = 0; i < 5; ++i) entries.push_back({i * 8, &kKey, &kKey});
  std::vector<int8_t> slots(8);
  fill_dictionary(slots.data(), 1, 3, entries.data(), 5);
  // 0 at 0; 8 at 1 (0*5+0+1); 16: 1 taken, then 1*5+0+1 = 6; 24: 1, 6, then 6*5+1 = 7;
  // 32: perturb 1, 0*5+1+1 = 2.
  CHECK(slots == std::vector<int8_t>{0, 1, 4, -1, -1, -1, 2, 3});
}

// set_lookkey() of CPython.
bool has(const std::vector<SetEntry>& slots, uint64_t hash) {
  const uint64_t mask = slots.size() - 1;
  uint64_t perturb = hash;
  for (uint64_t i = hash & mask;; i = (i * 5 + 1 + perturb) & mask) {
    const uint64_t probes = i + 9 <= mask ? 9 : 0;
    for (uint64_t j = i; j <= i + probes; ++j) {
      if (slots[j].key == nullptr) return false;
      if (slots[j].hash == hash) return true;
    }
    perturb >>= 5;
  }
}

TEST_CASE("a set that was filled again finds its keys, and removed ones are gone") {
  for (uint32_t log2_slots = 3; log2_slots < 13; ++log2_slots) {
    std::mt19937_64 random(log2_slots);
    const uint64_t count = uint64_t{1} << log2_slots;
    std::vector<SetEntry> slots(count, SetEntry{nullptr, 0});
    std::vector<uint64_t> hashes;
    for (uint64_t i = 0; i < count * 3 / 5; ++i) {
      const bool removed = i % 5 == 4;
      const uint64_t hash = removed ? ~uint64_t{0} : random() & 0xfffffffff;
      slots[(i * 7) % count] = {&kKey, hash};
      if (!removed) hashes.push_back(hash);
    }
    std::vector<SetEntry> room(count);
    CHECK(fill_set(slots.data(), log2_slots, room.data()) == hashes.size());
    uint64_t used = 0;
    for (const SetEntry& slot : slots) used += slot.key == nullptr ? 0 : 1;
    CHECK(used == hashes.size());
    for (const uint64_t hash : hashes) CHECK(has(slots, hash));
  }
}

}  // namespace
}  // namespace pysnap::agent
