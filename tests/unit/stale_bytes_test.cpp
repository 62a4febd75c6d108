#include "snapshot/stale_bytes.h"

#include <catch2/catch.hpp>

#include "unit/made_up_heap.h"

namespace pysnap::snapshot {
namespace {

// In boots so far apart that even the uppermost bits of an address tell them.
RelocationStudy study_far_apart(const std::function<void(Boot&)>& fill) {
  return study(fill, uint64_t{0x350100200000});
}

TEST_CASE("the end of a text is not dead, only what is left behind it") {
  const uint64_t end_of_text = kElsewhere + 0x3000;
  const RelocationStudy result = study([&](Boot& boot) {
    boot.put_address(end_of_text, kLow + 0x12340);
    boot.put_byte(end_of_text, '2');
    boot.put_byte(end_of_text + 1, '4');
    boot.put_byte(end_of_text + 2, 0);
  });
  CHECK(result.unexplained.empty());
  REQUIRE(result.dead.size() == 1);
  CHECK(result.dead[0].place >= end_of_text + 3);
  CHECK(result.dead[0].place + result.dead[0].size == end_of_text + 8);
}

TEST_CASE("the upper half of a list's end is dead at the beginning of a block of malloc only") {
  static constexpr uint64_t kBlockOfMalloc = kElsewhere + 0x3080;
  const auto put_text = [](Boot& boot) {
    boot.put(kBlockOfMalloc, boot.moved(kBlockOfMalloc) >> 12 >> 32 << 32 | 0x35444d);  // "MD5"
  };
  CHECK(study_far_apart(put_text).unexplained.size() == 1);
  const auto put_in_block = [&](Boot& boot) {
    put_text(boot);
    boot.put(kBlockOfMalloc - 8, 0x21);
    boot.put(kBlockOfMalloc + 24, 0x31);
  };
  const RelocationStudy result = study_far_apart(put_in_block);
  CHECK(result.unexplained.empty());
  REQUIRE(result.dead.size() == 1);
  CHECK(result.dead[0].place == kBlockOfMalloc + 4);
  CHECK(result.dead[0].size == 4);
  for (const uint64_t size : {0x18, 0x23, 0x29, 0x421}) {  // too small, mapped, odd, too large
    const auto put_other = [&](Boot& boot) {
      put_in_block(boot);
      boot.put(kBlockOfMalloc - 8, size);
      boot.put(kBlockOfMalloc - 8 + size / 16 * 16, 0x31);
    };
    CHECK(study_far_apart(put_other).unexplained.size() == 1);
  }
}

TEST_CASE("the upper half of a list's end is dead beside a bit that was cleared") {
  static constexpr uint64_t kBlockOfMalloc = kElsewhere + 0x3080;
  const RelocationStudy result = study_far_apart([](Boot& boot) {
    const uint64_t half = boot.moved(kBlockOfMalloc) >> 44 & ~uint64_t{1};
    boot.put(kBlockOfMalloc, half << 32 | 1);
    boot.put(kBlockOfMalloc - 8, 0x31);
    boot.put(kBlockOfMalloc + 40, 0x51);
  });
  CHECK(result.unexplained.empty());
  CHECK(result.dead.size() == 1);
}

TEST_CASE("what is left of an address beside bits that were cleared is dead") {
  static constexpr uint64_t kFlags = kElsewhere + 0x3100;
  // An int that is 1, and beside it a field of one bit.
  const auto study_with = [](uint64_t address, uint64_t cleared) {
    return study_far_apart(
        [=](Boot& boot) { boot.put(kFlags, (boot.moved(address) >> 32 & ~cleared) << 32 | 1); });
  };
  const RelocationStudy result = study_with(kLow + 0x12340, 1);
  CHECK(result.unexplained.empty());
  REQUIRE(result.dead.size() == 1);
  CHECK(result.dead[0].place >= kFlags + 4);
  CHECK(study_with(kLow + (uint64_t{1} << 40), 1).unexplained.size() == 1);
}

}  // namespace
}  // namespace pysnap::snapshot
