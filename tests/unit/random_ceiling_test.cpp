#include "launcher/random_ceiling.h"

#include <catch2/catch.hpp>

namespace pysnap::launcher {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kNode = 256 * kMiB;

TEST_CASE("at a comparable place the memory below the slots is in one node of CPython's tree") {
  for (uint64_t steps = 0; steps < 256; ++steps) {
    const uint64_t ceiling = format::kLowestCeiling + kNode + steps * format::kCeilingStep;
    const uint64_t highest = format::kernel_page_slot(ceiling) - 1;
    const uint64_t lowest = format::kernel_page_slot(ceiling) - 128 * kMiB;
    CHECK(is_comparable(ceiling) == (highest / kNode == lowest / kNode));
  }
}

TEST_CASE("places of boots that are compared are comparable, by chance, and oddly far apart") {
  constexpr int kTries = 200;
  uint64_t last = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto first = random_comparable_ceiling();
    REQUIRE(first);
    CHECK(is_comparable(*first));
    CHECK(*first % format::kCeilingStep == 0);
    CHECK(*first != last);
    last = *first;
    const auto other = random_comparable_ceiling(*first);
    REQUIRE(other);
    CHECK(is_comparable(*other));
    CHECK((*other - *first) / format::kCeilingStep % 2 == 1);
  }
}

}  // namespace
}  // namespace pysnap::launcher
