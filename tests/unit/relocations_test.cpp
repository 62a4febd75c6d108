// A made-up heap of Python, in three boots: two at one place, one elsewhere.
#include "snapshot/relocations.h"

#include <catch2/catch.hpp>

#include "unit/made_up_heap.h"

namespace pysnap::snapshot {
namespace {

using format::HashRule;
using format::HashTable;
using format::RelocationKind;
using format::TableKind;

bool has_word(const RelocationStudy& study, uint64_t place, RelocationKind kind) {
  for (const Relocation& word : study.relocations.words) {
    if (word.place == place) return word.kind == kind;
  }
  return false;
}

bool has_hash(const RelocationStudy& study, uint64_t place, HashRule rule) {
  for (const format::DerivedHash& hash : study.relocations.hashes) {
    if (hash.place == place) return hash.rule == rule;
  }
  return false;
}

constexpr uint64_t kKeys = kElsewhere;
constexpr uint64_t kIndices = kKeys + 32;
constexpr uint64_t kEntries = kIndices + 8;
constexpr uint64_t kKey = kElsewhere + 0x800;

constexpr uint64_t kType = kElsewhere + 0x4000;

// A type, and `type`, which is its own.
void put_type(Boot& boot) {
  const uint64_t type_of_types = kType + 0x400;
  boot.put_address(kType + 8, type_of_types);
  boot.put(kType + 168, 1 << 12);
  boot.put_address(type_of_types + 8, type_of_types);
  boot.put(type_of_types + 168, uint64_t{1} << 31);
}

// A dictionary with eight slots and one entry, whose slot depends on its hash.
void put_dictionary(Boot& boot, uint64_t hash) {
  const uint64_t dictionary = block(0) + 16;
  boot.put_object(dictionary, kDictionary);
  boot.put_address(dictionary + 32, kKeys);
  boot.put(kKeys, 1);
  boot.put(kKeys + 8, 3 | 3 << 8);
  boot.put(kKeys + 24, 1);
  boot.put(kIndices, ~uint64_t{0});
  boot.put_byte(kIndices + hash % 8, 0);
  boot.put(kEntries, hash);
  boot.put_address(kEntries + 8, kKey);
}

TEST_CASE("a dictionary whose keys hash by address is filled again") {
  const RelocationStudy result = study([](Boot& boot) {
    put_dictionary(boot, identity_hash(boot.moved(kKey)));
    boot.put_byte(kIndices + 6, static_cast<uint8_t>(boot.slide() >> 21));  // another slot
  });
  CHECK(result.unexplained.empty());
  CHECK(has_word(result, kEntries, RelocationKind::kIdentityHash));
  CHECK(has_word(result, kEntries + 8, RelocationKind::kAddress));
  REQUIRE(result.relocations.tables.size() == 1);
  const HashTable& table = result.relocations.tables[0];
  CHECK(table.kind == TableKind::kDictionary);
  CHECK(table.slots == kIndices);
  CHECK(table.entries == kEntries);
  CHECK(table.entry_count == 1);
  CHECK(table.slot_bytes == 1);
  CHECK(table.log2_slots == 3);
}

TEST_CASE("a hash that was computed from addresses is computed again, wherever it is kept") {
  const uint64_t call = big_block(1) + 16;
  const uint64_t kept = call + 32;
  const RelocationStudy result = study([=](Boot& boot) {
    const uint64_t hash = boot.moved(kKey) * 0x9e3779b97f4a7c15;
    put_dictionary(boot, hash);
    put_type(boot);
    boot.put_object(call, boot.moved(kType));
    boot.put(kept, hash);
    boot.put_address(kept + 8, kKey);
  });
  CHECK(result.unexplained.empty());
  CHECK(has_hash(result, kEntries, HashRule::kOfNext));
  CHECK(has_hash(result, kept, HashRule::kOfNext));
  CHECK(result.relocations.tables.size() == 1);
}

TEST_CASE("a hash that two boots share is computed again, unless its key has a constant one") {
  const RelocationStudy result = study([](Boot& boot) { put_dictionary(boot, 5); });
  CHECK(result.unexplained.empty());
  CHECK(has_hash(result, kEntries, HashRule::kOfNext));
  CHECK(result.relocations.tables.size() == 1);
}

TEST_CASE("a dictionary whose hashes stay is compared like all memory") {
  const RelocationStudy result = study([](Boot& boot) {
    put_dictionary(boot, 5);
    boot.put_object(kKey, kNumber);
  });
  CHECK(result.unexplained.empty());
  CHECK(result.relocations.tables.empty());
  CHECK(result.relocations.hashes.empty());
}

constexpr uint64_t kTable = kElsewhere + 0x1000;
constexpr uint64_t kSet = kFirstBigBlock + 16;

void put_set(Boot& boot, uint64_t type) {
  boot.put_object(kSet, type);
  boot.put(kSet + 16, 2);
  boot.put(kSet + 32, 7);
  boot.put_address(kSet + 40, kTable);
}

TEST_CASE("entries of a set are told by their keys, wherever they stand") {
  constexpr uint64_t kPlain = kElsewhere + 0x2000;
  constexpr uint64_t kTuple = kElsewhere + 0x2040;
  const RelocationStudy result = study([](Boot& boot) {
    put_set(boot, kSetType);
    // The two have changed places in the boot that moved.
    const uint64_t first = kTable + (boot.slide() == 0 ? 1 : 4) * 16;
    const uint64_t second = kTable + (boot.slide() == 0 ? 4 : 1) * 16;
    boot.put_address(first, kPlain);
    boot.put(first + 8, identity_hash(boot.moved(kPlain)));
    boot.put_address(second, kTuple);
    boot.put(second + 8, boot.moved(kTuple) * 0x9e3779b97f4a7c15);
  });
  CHECK(result.unexplained.empty());
  CHECK(has_word(result, kTable + 16, RelocationKind::kAddress));
  CHECK(has_word(result, kTable + 24, RelocationKind::kIdentityHash));
  CHECK(has_word(result, kTable + 64, RelocationKind::kAddress));
  CHECK(has_hash(result, kTable + 72, HashRule::kOfPrevious));
  REQUIRE(result.relocations.tables.size() == 1);
  const HashTable& table = result.relocations.tables[0];
  CHECK(table.kind == TableKind::kSet);
  CHECK(table.slots == kTable);
  CHECK(table.entries == kSet + 16);
  CHECK(table.log2_slots == 3);
}

TEST_CASE("a set that has other members elsewhere is not explained") {
  const RelocationStudy result = study([](Boot& boot) {
    put_set(boot, kSetType);
    const uint64_t key = kElsewhere + (boot.slide() == 0 ? 0x2000 : 0x2040);
    boot.put_address(kTable, key);
    boot.put(kTable + 8, identity_hash(boot.moved(key)));
  });
  CHECK_FALSE(result.unexplained.empty());
  CHECK(result.relocations.tables.empty());
}

TEST_CASE("hashes that objects keep of themselves are forgotten") {
  const RelocationStudy result = study([](Boot& boot) {
    put_set(boot, kFrozenSet);
    boot.put(kSet + 48, boot.slide() * 3 + 1);
    boot.put_object(block(2) + 16, kWeakReference);
    boot.put_address(block(2) + 16 + 16, kElsewhere);
    boot.put(block(2) + 16 + 32, boot.slide() * 5 + 1);
    boot.put_object(block(4) + 16, kWeakReference);  // to nothing any more
    boot.put(block(4) + 16 + 32, 12345);
  });
  CHECK(result.unexplained.empty());
  CHECK(result.relocations.hashes.size() == 2);
  CHECK(has_hash(result, kSet + 48, HashRule::kForgotten));
  CHECK(has_hash(result, block(2) + 48, HashRule::kForgotten));
}

TEST_CASE("addresses in an object without references move, in whatever order they stand") {
  const uint64_t place = block(1) + 16 + 24;
  const RelocationStudy result = study([&](Boot& boot) {
    boot.put_object(block(1) + 16, kWeakReference);
    boot.put(block(1) + 16, 0);
    boot.put_address(place, kElsewhere + (boot.slide() == 0 ? 0x40 : 0x80));
  });
  CHECK(result.unexplained.empty());
  CHECK(has_word(result, place, RelocationKind::kAddress));
}

TEST_CASE("in an object without references, what is no address elsewhere is not explained") {
  const uint64_t place = block(1) + 16 + 24;
  const RelocationStudy result = study([&](Boot& boot) {
    boot.put_object(block(1) + 16, kWeakReference);
    boot.put(block(1) + 16, 0);
    boot.put(place, boot.slide() == 0 ? kElsewhere + 0x40 : 0x81234);
  });
  CHECK_FALSE(has_word(result, place, RelocationKind::kAddress));
  REQUIRE(result.unexplained.size() == 1);
  CHECK(result.unexplained[0].place == place);
}

TEST_CASE("the hash that a context variable was given stays") {
  const RelocationStudy result = study([](Boot& boot) {
    boot.put_object(big_block(2) + 16, kContextVariable);
    boot.put(big_block(2) + 16 + 56, boot.slide() * 3 + 1);
  });
  CHECK(result.unexplained.empty());
  CHECK(result.relocations.hashes.empty());
}

TEST_CASE("items of a list that was made in the order of a set move one by one") {
  const uint64_t items = kElsewhere + 0x5000;
  const RelocationStudy result = study([&](Boot& boot) {
    boot.put_object(block(6) + 16, kListType);
    boot.put_address(block(6) + 16 + 24, items);
    boot.put(block(6) + 16 + 32, 2);
    const uint64_t other = boot.slide() == 0 ? 8 : 0;
    boot.put_address(items + other, kElsewhere + 0x40);
    boot.put_address(items + 8 - other, kElsewhere + 0x80);
  });
  CHECK(result.unexplained.empty());
  CHECK(has_word(result, items, RelocationKind::kAddress));
  CHECK(has_word(result, items + 8, RelocationKind::kAddress));
}

TEST_CASE("what nobody reads any more is dead") {
  const uint64_t stale_half = kElsewhere + 0x3000;
  const uint64_t old_table = kSet + 64 + 24;
  const RelocationStudy result = study([&](Boot& boot) {
    boot.put_address(stale_half, kLow + 0x12340);
    boot.put_byte(stale_half, 'e');
    boot.put_byte(stale_half + 1, 'n');
    boot.put_byte(stale_half + 2, 'd');
    boot.put_byte(stale_half + 3, 0);
    put_set(boot, kSetType);
    boot.put(old_table, boot.slide() * 7 + 1);
  });
  static constexpr uint64_t kEndOfLinks = kElsewhere + 0x3040;
  const auto put_link = [](Boot& boot) {
    boot.put(kEndOfLinks, boot.moved(kEndOfLinks) >> 12);
    boot.put_byte(kEndOfLinks, 'x');
  };
  CHECK(study(put_link).unexplained.empty());
  CHECK(result.unexplained.empty());
  REQUIRE(result.dead.size() == 2);
  CHECK(result.dead[0].place == stale_half + 4);
  CHECK(result.dead[0].size == 4);
  CHECK(result.dead[1].place == old_table);
}

TEST_CASE("a text that tells an address stays, also as a key") {
  const RelocationStudy result = study([](Boot& boot) {
    const uint64_t text = big_block(3) + 16;
    boot.put_object(text, kText);
    boot.put(text + 24, boot.slide() * 3 + 7);  // its hash
    boot.put(text + 40, boot.slide() == 0 ? 0x3030303030303030 : 0x6631303030303030);
    put_dictionary(boot, 0);
    boot.put(kKeys + 8, 3 | 3 << 8 | 1 << 16);  // (key, value)
    boot.put_address(kEntries, text);
    boot.put(kEntries + 8, 0);
    boot.put_byte(kIndices + 3, static_cast<uint8_t>(boot.slide() >> 21));
  });
  CHECK(result.unexplained.empty());
  CHECK(result.texts == 2);
  CHECK(result.relocations.tables.empty());
}

TEST_CASE("a text that tells an address stays among other keys, too") {
  const RelocationStudy result = study([](Boot& boot) {
    const uint64_t text = big_block(3) + 16;
    const uint64_t hash = boot.slide() * 3 + 7;
    put_dictionary(boot, hash);
    boot.put_address(kEntries + 8, text);
    boot.put_object(text, kText);
    boot.put(text + 24, hash);
    boot.put(text + 40, boot.slide() == 0 ? 0x3030303030303030 : 0x6631303030303030);
  });
  CHECK(result.unexplained.empty());
  CHECK(result.relocations.tables.empty());
  CHECK(result.relocations.hashes.empty());
}

TEST_CASE("what two boots at one place do not share depends on no address") {
  const uint64_t place = kElsewhere + 0x3100;
  const RelocationStudy result = study([&](Boot& boot) { boot.put(place, boot.number()); });
  CHECK(result.unexplained.empty());
  CHECK(result.unrepeatable_words == 1);
}

TEST_CASE("a word without a rule is told with both its values") {
  const uint64_t place = kElsewhere + 0x3200;
  const RelocationStudy result =
      study([&](Boot& boot) { boot.put(place, boot.slide() == 0 ? 0x1234 : 0x81234); });
  REQUIRE(result.unexplained.size() == 1);
  CHECK(result.unexplained[0].place == place);
  CHECK(result.unexplained[0].found == 0x1234);
  CHECK(result.unexplained[0].wanted == 0x81234);
}

// Puts the way to the arena into a tree whose nodes lie behind each other.
void put_arena_tree(Boot& boot, uint32_t upper_bits, uint32_t lower_bits) {
  const uint64_t upper = kLow + 0x20000;
  const uint64_t middle = kLow + 0x70000;
  const uint64_t lower = kLow + 0xc0000;
  const uint64_t arena = boot.moved(kArena);
  const auto index = [arena](uint32_t shift, uint32_t bits) {
    return (arena >> shift & ((uint64_t{1} << bits) - 1)) * 8;
  };
  boot.put_address(upper + index(20 + lower_bits + upper_bits, upper_bits), middle);
  boot.put_address(middle + index(20 + lower_bits, upper_bits), lower);
  boot.put(lower + index(20, lower_bits), 0xffffffff);
}

TEST_CASE("the tree of arenas is found in both its shapes") {
  const std::pair<uint32_t, uint32_t> shapes[] = {{10, 8}, {15, 14}};
  for (const auto& [upper_bits, lower_bits] : shapes) {
    const RelocationStudy result = study([&, upper = upper_bits, lower = lower_bits](Boot& boot) {
      put_arena_tree(boot, upper, lower);
    });
    CHECK(result.unexplained.empty());
    CHECK(result.relocations.arena_tree.root == kLow + 0x20000);
    CHECK(result.relocations.arena_tree.upper_bits == upper_bits);
    CHECK(result.relocations.arena_tree.lower_bits == lower_bits);
  }
}

}  // namespace
}  // namespace pysnap::snapshot
