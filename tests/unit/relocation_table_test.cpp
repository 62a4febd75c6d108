#include "format/relocation_table.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <set>

#include "elf_writer/relocation_bytes.h"
#include "format/arena_layout.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using format::HashRule;
using format::ImageView;
using format::RelocationCheck;
using format::RelocationKind;
using format::RelocationView;

constexpr uint64_t kWord = 8;
constexpr uint64_t kData = kSampleData;
constexpr uint64_t kText = kSampleText;

std::vector<uint64_t> unpacked(const std::vector<uint64_t>& entries) {
  std::vector<uint64_t> places;
  format::visit_packed(
      format::Records<uint64_t>{entries.data(), static_cast<uint32_t>(entries.size())},
      [&places](uint64_t place) { places.push_back(place); });
  return places;
}

std::set<uint64_t> pages_of_runs(const std::vector<uint64_t>& entries) {
  std::set<uint64_t> pages;
  format::visit_packed_runs(
      format::Records<uint64_t>{entries.data(), static_cast<uint32_t>(entries.size())},
      [&pages](uint64_t first, uint64_t last) {
        REQUIRE(first <= last);
        REQUIRE(last - first < format::kPageSize);
        pages.insert(first / format::kPageSize);
        pages.insert(last / format::kPageSize);
      });
  return pages;
}

// An image with its table, as the check sees them.
struct Sample {
  explicit Sample(const snapshot::Relocations& relocations) : metadata(metadata_of(relocations)) {
    const std::vector<std::byte> bytes = elf_writer::relocation_bytes(relocations);
    table.resize(bytes.size() / kWord);
    std::memcpy(table.data(), bytes.data(), bytes.size());
  }
  static elf_writer::Metadata metadata_of(const snapshot::Relocations& relocations) {
    elf_writer::ImageContents contents = sample_contents();
    contents.relocations = relocations;
    return sealed_metadata(sample_snapshot(), contents);
  }
  const char* check() {
    return RelocationCheck::check(table.data(), table.size() * kWord,
                                  ImageView(metadata.bytes().data()));
  }
  format::RelocationTable& header() {
    return *reinterpret_cast<format::RelocationTable*>(table.data());
  }

  elf_writer::Metadata metadata;
  std::vector<uint64_t> table;
};

const char* check_of(const snapshot::Relocations& relocations) {
  return Sample(relocations).check();
}

TEST_CASE("packed places read back, however they lie") {
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 200; ++round) {
    const uint64_t span = uint64_t{1} << (4 + random() % 20);
    std::set<uint64_t> chosen;
    for (uint64_t i = random() % 300; i > 0; --i) chosen.insert(0x100000 + random() % span * kWord);
    const std::vector<uint64_t> places(chosen.begin(), chosen.end());
    const std::vector<uint64_t> packed = elf_writer::pack_places(places);
    CHECK(unpacked(packed) == places);
    std::set<uint64_t> pages;
    for (const uint64_t place : places) pages.insert(place / format::kPageSize);
    CHECK(pages_of_runs(packed) == pages);
  }
}

TEST_CASE("a run of words takes about a bit a word") {
  std::vector<uint64_t> places;
  for (uint64_t i = 0; i < 6301; ++i) places.push_back(0x5000 + i * kWord);
  CHECK(elf_writer::pack_places(places).size() == 101);
}

TEST_CASE("a whole table passes") {
  Sample sample(sample_relocations());
  REQUIRE(sample.check() == nullptr);
  const RelocationView view(sample.table.data());
  CHECK(view.address_word_count() == 3);
  CHECK(view.other_words().count == 2);
  CHECK(view.hashes().count == 3);
  CHECK(view.tables().count == 2);
  CHECK(view.header().step == format::kCeilingStep);
}

TEST_CASE("regions with words that move are marked") {
  Sample sample(sample_relocations());
  const ImageView view(sample.metadata.bytes().data());
  for (uint32_t i = 0; i < view.regions().count; ++i) {
    const format::Region& region = view.regions()[i];
    const bool has_words = region.address == 0x400000 + 2 * kPage || region.address == kText ||
                           region.address == kData;
    CHECK(((region.flags & format::kRelocated) != 0) == has_words);
  }
}

TEST_CASE("a word outside the captured pages is refused") {
  for (const uint64_t place : {uint64_t{0x1000}, kCeiling - 60 * kPage, kCeiling - kWord + 2,
                               uint64_t{0x400000}, kCeiling + kPage}) {
    snapshot::Relocations relocations = sample_relocations();
    Sample sample(relocations);
    // The mark of the regions is that of the sound table.
    relocations.words = {{place, RelocationKind::kMangled}};
    const std::vector<std::byte> bytes = elf_writer::relocation_bytes(relocations);
    sample.table.resize(bytes.size() / kWord);
    std::memcpy(sample.table.data(), bytes.data(), bytes.size());
    CHECK(sample.check() != nullptr);
  }
}

TEST_CASE("a packed place outside the captured pages is refused") {
  Sample sample(sample_relocations());
  const uint64_t first = sample.header().address_words.offset / kWord;
  sample.table[first] = 0x7fff00000000;
  CHECK(sample.check() != nullptr);
}

TEST_CASE("a packed place in the first page of all is refused like any other") {
  for (const uint64_t place : {uint64_t{0}, uint64_t{8}, kPage - kWord}) {
    Sample sample(sample_relocations());
    sample.table[sample.header().address_words.offset / kWord] = place;
    CHECK(sample.check() != nullptr);
  }
}

TEST_CASE("an unknown kind of word or rule is refused") {
  snapshot::Relocations relocations = sample_relocations();
  relocations.words.back().kind = RelocationKind{99};
  CHECK(check_of(relocations) != nullptr);
  relocations = sample_relocations();
  relocations.hashes[0].rule = HashRule{0};
  CHECK(check_of(relocations) != nullptr);
}

TEST_CASE("a hash or table that cannot be written is refused") {
  snapshot::Relocations relocations = sample_relocations();
  relocations.hashes[0].place = kText + 8;
  CHECK(check_of(relocations) != nullptr);
  relocations = sample_relocations();
  relocations.tables[0].slots = kText;
  CHECK(check_of(relocations) != nullptr);
  relocations = sample_relocations();
  relocations.tables[1].log2_slots = 30;
  CHECK(check_of(relocations) != nullptr);
}

TEST_CASE("a dictionary without a free slot is refused: a search in it would not end") {
  snapshot::Relocations relocations = sample_relocations();
  relocations.tables[0].entry_count = 8;
  CHECK(check_of(relocations) != nullptr);
}

TEST_CASE("impossible sizes of slots are refused") {
  snapshot::Relocations relocations = sample_relocations();
  relocations.tables[0].slot_bytes = 3;
  CHECK(check_of(relocations) != nullptr);
  relocations = sample_relocations();
  relocations.tables[1].slot_bytes = 8;
  CHECK(check_of(relocations) != nullptr);
}

TEST_CASE("a tree outside the pages is refused") {
  snapshot::Relocations relocations = sample_relocations();
  relocations.arena_tree = {kCeiling - kPage, 10, 8};
  CHECK(check_of(relocations) != nullptr);
}

TEST_CASE("a table is refused that is cut, of another kind, or reaches over its end") {
  Sample cut(sample_relocations());
  cut.table.pop_back();
  CHECK(cut.check() != nullptr);
  Sample foreign(sample_relocations());
  foreign.header().magic ^= 1;
  CHECK(foreign.check() != nullptr);
  Sample long_one(sample_relocations());
  long_one.header().tables.count = 1000;
  CHECK(long_one.check() != nullptr);
  Sample odd_step(sample_relocations());
  odd_step.header().step = 3 << 20;
  CHECK(odd_step.check() != nullptr);
}

TEST_CASE("a table of a moved image is found by its old names") {
  Sample sample(sample_relocations());
  format::ImageHeader& header = sample.metadata.header();
  const format::Placement before = format::placement_of(header);
  CHECK(before.at(kData) == kData);
  constexpr uint64_t kSlide = uint64_t{7} << 21;
  header.arena_low += kSlide;
  header.arena_high += kSlide;
  const format::Placement after = format::placement_of(header);
  CHECK(after.at(kData) == kData + kSlide);
  CHECK(after.at(0x400000) == 0x400000);
}

TEST_CASE("random ceilings keep the distance that slides need") {
  constexpr uint64_t kStep = uint64_t{64} << 20;
  std::mt19937_64 random(1);
  std::set<uint64_t> found;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t ceiling = format::ceiling_for(random(), kCeiling + 3 * (kStep / 4), kStep);
    CHECK((ceiling - kCeiling) % kStep == 3 * (kStep / 4));
    CHECK(ceiling >= format::kLowestCeiling);
    CHECK(ceiling < format::kLowestCeiling + format::kCeilingSpan);
    found.insert(ceiling);
  }
  CHECK(found.size() > 990);
}

}  // namespace
}  // namespace pysnap::tests
