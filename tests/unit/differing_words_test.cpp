#include "snapshot/differing_words.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace pysnap::snapshot {
namespace {

using format::kPageSize;
using format::RegionKind;

constexpr uint64_t kBegin = uint64_t{1} << 44;

// A snapshot with a region of some pages for each call.
class Boot {
 public:
  Boot& add(uint64_t page, uint64_t pages, RegionKind kind = RegionKind::kImage) {
    CapturedRegion region;
    region.address = kBegin + page * kPageSize;
    region.size = pages * kPageSize;
    region.kind = kind;
    if (kind == RegionKind::kImage) region.bytes.resize(region.size);
    snapshot_.regions.push_back(std::move(region));
    return *this;
  }
  // Into the region that was added last.
  Boot& put(uint64_t place, uint64_t word) {
    CapturedRegion& region = snapshot_.regions.back();
    std::memcpy(region.bytes.data() + (kBegin + place - region.address), &word, sizeof word);
    return *this;
  }
  const Snapshot& snapshot() const { return snapshot_; }

 private:
  Snapshot snapshot_;
};

void check_word(const DifferingWord& word, uint64_t place, uint64_t first, uint64_t second) {
  CHECK(word.address == kBegin + place);
  CHECK(word.first == first);
  CHECK(word.second == second);
}

TEST_CASE("words that differ between two boots are told in order, with both values") {
  Boot first, second;
  first.add(0, 2).put(8, 1).put(16, 7).put(kPageSize, 2);
  second.add(0, 2).put(8, 3).put(16, 7).put(kPageSize + 24, uint64_t{5} << 56);
  const auto words = differing_words(first.snapshot(), second.snapshot());
  REQUIRE(words.size() == 3);
  check_word(words[0], 8, 1, 3);
  check_word(words[1], kPageSize, 2, 0);
  check_word(words[2], kPageSize + 24, 0, uint64_t{5} << 56);
}

TEST_CASE("boots with equal memory differ in no word") {
  Boot boot;
  boot.add(0, 1).put(8, 1).add(1, 1, RegionKind::kZero);
  CHECK(differing_words(boot.snapshot(), boot.snapshot()).empty());
}

TEST_CASE("pages of zeros are compared as such, however they are kept") {
  Boot written, empty, zeros;
  written.add(0, 2).put(kPageSize + 8, 1);
  empty.add(0, 2);
  zeros.add(0, 2, RegionKind::kZero);
  CHECK(differing_words(empty.snapshot(), zeros.snapshot()).empty());
  const auto gone = differing_words(written.snapshot(), zeros.snapshot());
  REQUIRE(gone.size() == 1);
  check_word(gone[0], kPageSize + 8, 1, 0);
  const auto come = differing_words(zeros.snapshot(), written.snapshot());
  REQUIRE(come.size() == 1);
  check_word(come[0], kPageSize + 8, 0, 1);
}

TEST_CASE("memory that only one boot has does not count") {
  Boot first, second;
  first.add(0, 1).put(0, 1).add(2, 2).put(3 * kPageSize, 1);
  second.add(3, 1).add(5, 1).put(5 * kPageSize, 1);
  const auto words = differing_words(first.snapshot(), second.snapshot());
  REQUIRE(words.size() == 1);
  check_word(words[0], 3 * kPageSize, 1, 0);
}

TEST_CASE("what comes from a file, or is only reserved, is not compared") {
  for (const RegionKind kind : {RegionKind::kFile, RegionKind::kReserved, RegionKind::kStack}) {
    Boot first, second;
    first.add(0, 1, kind);
    second.add(0, 1).put(8, 1);
    CHECK(differing_words(first.snapshot(), second.snapshot()).empty());
    CHECK(differing_words(second.snapshot(), first.snapshot()).empty());
  }
}

}  // namespace
}  // namespace pysnap::snapshot
