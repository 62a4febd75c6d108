#include "snapshot/compare_boots.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace pysnap::snapshot {
namespace {

using format::kPageSize;
using format::RegionKind;
using format::RelocationKind;

constexpr uint64_t kArena = uint64_t{1} << 44;
constexpr uint64_t kCeiling = kArena + 16 * kPageSize;
constexpr uint64_t kSlide = uint64_t{0x2b7} << 32;
constexpr uint64_t kGuard = 0x123456789abcdef0;
constexpr uint64_t kFixed = 0x400000;  // a page of a program that does not move
constexpr uint64_t kThread = kArena + 4 * kPageSize;

// A snapshot of some pages of the arena and one outside of it.
class Boot {
 public:
  explicit Boot(uint64_t slide) : slide_(slide) {
    snapshot_.arena_low = kArena + slide;
    snapshot_.ceiling = kCeiling + slide;
    snapshot_.agent.kernel.thread_pointer = kThread + slide;
    add_region(kFixed, 1);
    add_region(kArena + slide, 8);
    put(kThread + 0x30, kGuard);
  }

  // `place`: as of the boot that does not slide.
  void put(uint64_t place, uint64_t word) { std::memcpy(at(place), &word, sizeof word); }
  void put_address(uint64_t place, uint64_t address) { put(place, address + slide_); }
  void put_related(RelocationKind kind, uint64_t place, uint64_t word) {
    put(place, format::relocated(kind, word, place, {slide_, kGuard}));
  }
  // As captures find it when nothing was written there.
  void forget_bytes() {
    snapshot_.regions[1].kind = RegionKind::kZero;
    snapshot_.regions[1].bytes.clear();
  }
  Snapshot& snapshot() { return snapshot_; }

 private:
  void add_region(uint64_t address, uint64_t pages) {
    CapturedRegion region;
    region.address = address;
    region.size = pages * kPageSize;
    region.kind = RegionKind::kImage;
    region.bytes.resize(region.size);
    snapshot_.regions.push_back(std::move(region));
  }
  std::byte* at(uint64_t place) {
    CapturedRegion& region = snapshot_.regions[place >= kArena ? 1 : 0];
    return region.bytes.data() + (place - (place >= kArena ? kArena : kFixed));
  }

  uint64_t slide_;
  Snapshot snapshot_;
};

struct Boots {
  Boot first{0};
  Boot second{kSlide};
  template <typename Write>
  void both(const Write& write) {
    write(first);
    write(second);
  }
  Comparison compare() {
    const auto pair = BootPair::of(first.snapshot(), second.snapshot());
    REQUIRE(pair);
    return pair->compare({});
  }
};

void check_one(const Comparison& result, uint64_t place, RelocationKind kind) {
  REQUIRE(result.relocations.size() == 1);
  CHECK(result.relocations[0].place == place);
  CHECK(result.relocations[0].kind == kind);
  CHECK(result.unexplained.empty());
}

TEST_CASE("boots with equal words need no relocation") {
  Boots boots;
  boots.both([](Boot& boot) { boot.put(kArena + 64, 0xfeedfeed); });
  const Comparison result = boots.compare();
  CHECK(result.relocations.empty());
  CHECK(result.unexplained.empty());
}

TEST_CASE("an address of the arena is a relocation, wherever it lies") {
  for (const uint64_t place : {kArena + 512, kFixed + 24}) {
    Boots boots;
    boots.both([place](Boot& boot) { boot.put_address(place, kArena + 0x2340); });
    check_one(boots.compare(), place, RelocationKind::kAddress);
  }
}

TEST_CASE("an address below the arena stays") {
  Boots boots;
  boots.both([](Boot& boot) { boot.put(kArena + 8, kFixed + 0x30); });
  CHECK(boots.compare().relocations.empty());
}

TEST_CASE("each kind of relocation is told from the others by its equation") {
  const uint64_t place = kArena + 3 * kPageSize + 40;
  const uint64_t address = kArena + 0x5350;
  const std::pair<RelocationKind, uint64_t> words[] = {
      {RelocationKind::kIdentityHash, format::rotated_left(address, 60)},
      {RelocationKind::kSafeLink, address ^ place >> 12},
      {RelocationKind::kSafeLinkEnd, place >> 12},
      {RelocationKind::kMangled, format::rotated_left(address ^ kGuard, 17)},
      {RelocationKind::kDigits, format::digits_of_value(address)},
  };
  for (const auto& [kind, word] : words) {
    Boots boots;
    boots.both([&, kind = kind, word = word](Boot& boot) { boot.put_related(kind, place, word); });
    check_one(boots.compare(), place, kind);
  }
}

TEST_CASE("an address between two words is found at its place") {
  for (const uint64_t offset : {2, 4, 6}) {
    Boots boots;
    const uint64_t place = kArena + kPageSize - 8 + offset;  // and across pages
    boots.both([place](Boot& boot) {
      boot.put(kArena + kPageSize - 8, 0x1111111111111111);
      boot.put(kArena + kPageSize, 0x2222222222222222);
      boot.put_address(place, kArena + 0x7770);
    });
    check_one(boots.compare(), place, RelocationKind::kAddress);
  }
}

TEST_CASE("addresses that follow each other between words are all found") {
  Boots boots;
  const uint64_t place = kArena + 0x202;
  boots.both([place](Boot& boot) {
    boot.put_address(place, kArena + 0x10);
    boot.put_address(place + 8, kArena + 0x20);
    boot.put_address(place + 18, kArena + 0x30);
  });
  const Comparison result = boots.compare();
  REQUIRE(result.relocations.size() == 3);
  CHECK(result.relocations[1].place == place + 8);
  CHECK(result.relocations[2].place == place + 18);
  CHECK(result.unexplained.empty());
}

TEST_CASE("a word without an equation is listed") {
  Boots boots;
  boots.first.put(kArena + 0x800, 0x1234);
  boots.second.put(kArena + 0x800, 0x99991234);
  const Comparison result = boots.compare();
  CHECK(result.relocations.empty());
  CHECK(result.unexplained == std::vector<uint64_t>{kArena + 0x800});
}

TEST_CASE("a page of zeros is compared as such") {
  Boots boots;
  boots.first.forget_bytes();
  boots.first.snapshot().agent.kernel.thread_pointer = 0;
  boots.second.put(kArena + 0x18, 5);
  const Comparison result = boots.compare();
  CHECK(result.unexplained == std::vector<uint64_t>{kArena + 0x18, kThread + 0x30});
}

TEST_CASE("boots with different pages cannot be compared") {
  Boots boots;
  boots.second.snapshot().regions[1].size -= kPageSize;
  const auto result = BootPair::of(boots.first.snapshot(), boots.second.snapshot());
  REQUIRE_FALSE(result);
  CHECK(result.error().sentence.find("different memory at") != std::string::npos);
}

}  // namespace
}  // namespace pysnap::snapshot
