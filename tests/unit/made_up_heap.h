// A made-up heap of Python in a made-up snapshot, for tests of what moves in it.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "snapshot/relocations.h"
#include "snapshot/snapshot.h"

namespace pysnap::snapshot {

inline constexpr uint64_t kLow = uint64_t{1} << 44;
inline constexpr uint64_t kSize = 0x300000;
inline constexpr uint64_t kCeiling = kLow + (uint64_t{1} << 30);
inline constexpr uint64_t kArena = kLow + 0x100000;  // of the allocator of objects
inline constexpr uint64_t kArenaRecords = kLow + 0x1000;
inline constexpr uint64_t kStatics = kLow + 0x2000;
inline constexpr uint64_t kElsewhere = kLow + 0x8000;  // memory of malloc
inline constexpr uint64_t kSlide = uint64_t{0x12345600000};

// Types do not move: those of a fixed-address interpreter.
inline constexpr uint64_t kDictionary = 0x400100;
inline constexpr uint64_t kSetType = 0x400300;
inline constexpr uint64_t kFrozenSet = 0x400500;
inline constexpr uint64_t kWeakReference = 0x400700;
inline constexpr uint64_t kText = 0x400900;
inline constexpr uint64_t kNumber = 0x400b00;
inline constexpr uint64_t kListType = 0x400f00;
inline constexpr uint64_t kContextVariable = 0x400d00;

inline constexpr int kMinorVersion = 12;
inline constexpr uint64_t kBlock = 64;  // all blocks have one size, with a header of the collector
inline constexpr uint64_t kFirstBlock = kArena + 48;
inline constexpr uint64_t kBigBlock = 224;
inline constexpr uint64_t kBigPool = kArena + 0x4000;
inline constexpr uint64_t kFirstBigBlock = kBigPool + 48;

inline uint64_t block(uint64_t index) { return kFirstBlock + index * kBlock; }
inline uint64_t big_block(uint64_t index) { return kFirstBigBlock + index * kBigBlock; }
inline uint64_t identity_hash(uint64_t address) { return address >> 4 | address << 60; }

class Boot {
 public:
  explicit Boot(uint64_t slide, uint64_t number) : slide_(slide), number_(number) {
    snapshot_.arena_low = kLow + slide;
    snapshot_.ceiling = kCeiling + slide;
    snapshot_.agent.heap = {
        moved(kArenaRecords), 1,     kDictionary,      kListType, kSetType,  kFrozenSet,
        kWeakReference,       kText, kContextVariable, 0,         {kNumber}, 1};
    CapturedRegion region;
    region.address = kLow + slide;
    region.size = kSize;
    region.kind = format::RegionKind::kImage;
    region.bytes.resize(kSize);
    snapshot_.regions.push_back(std::move(region));
    put_address(kArenaRecords, kArena);
    put(kArenaRecords + 8, 0x100000);
    make_pool(kArena, kBlock);
    make_pool(kBigPool, kBigBlock);
  }

  // Of this boot, for an address of the one that does not move.
  uint64_t moved(uint64_t address) const { return address >= kLow ? address + slide_ : address; }
  uint64_t slide() const { return slide_; }
  uint64_t number() const { return number_; }  // no two boots have one
  void put(uint64_t place, uint64_t word) {
    std::memcpy(snapshot_.regions[0].bytes.data() + (place - kLow), &word, sizeof word);
  }
  void put_address(uint64_t place, uint64_t address) { put(place, moved(address)); }
  void put_byte(uint64_t place, uint8_t byte) {
    snapshot_.regions[0].bytes[place - kLow] = std::byte{byte};
  }
  void put_object(uint64_t address, uint64_t type) {
    put(address, 1);
    put(address + 8, type);
  }
  const Snapshot& snapshot() const { return snapshot_; }

 private:
  void make_pool(uint64_t pool, uint64_t block_size) {
    put(pool, 1);
    put(pool + 32, (block_size / 16 - 1) << 32);
  }

  uint64_t slide_;
  uint64_t number_;
  Snapshot snapshot_;
};

// Of two boots at one place and one elsewhere.
inline RelocationStudy study(const std::function<void(Boot&)>& fill, uint64_t slide = kSlide) {
  Boot first(0, 1), same(0, 2), moved(slide, 3);
  for (Boot* boot : {&first, &same, &moved}) fill(*boot);
  const auto result =
      study_relocations(first.snapshot(), same.snapshot(), moved.snapshot(), kMinorVersion);
  REQUIRE(result);
  return *result;
}

}  // namespace pysnap::snapshot
