#include "snapshot/region_merge.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

namespace pysnap::snapshot {
namespace {

using format::RegionKind;

constexpr uint64_t kPage = format::kPageSize;

CapturedRegion region(uint64_t page, uint64_t pages, RegionKind kind, uint32_t protection) {
  CapturedRegion result;
  result.address = page * kPage;
  result.size = pages * kPage;
  result.kind = kind;
  result.protection = protection;
  if (kind == RegionKind::kImage)
    result.bytes.assign(result.size, static_cast<std::byte>(page & 0xff));
  return result;
}

CapturedRegion of_file(uint64_t page, uint64_t pages, uint64_t file_page, uint32_t protection) {
  CapturedRegion result = region(page, pages, RegionKind::kFile, protection);
  result.file = 1;
  result.file_offset = file_page * kPage;
  return result;
}

std::vector<CapturedRegion> merged(std::vector<CapturedRegion> regions) {
  merge_regions(regions);
  return regions;
}

constexpr uint32_t kRead = PROT_READ;
constexpr uint32_t kWrite = PROT_READ | PROT_WRITE;
constexpr uint32_t kExecute = PROT_READ | PROT_EXEC;

TEST_CASE("captured neighbours with one protection become one region with all bytes") {
  const auto result =
      merged({region(1, 2, RegionKind::kImage, kWrite), region(3, 1, RegionKind::kImage, kWrite)});
  REQUIRE(result.size() == 1);
  CHECK(result[0].size == 3 * kPage);
  REQUIRE(result[0].bytes.size() == 3 * kPage);
  CHECK(result[0].bytes[0] == std::byte{1});
  CHECK(result[0].bytes[2 * kPage] == std::byte{3});
}

TEST_CASE("captured neighbours with different protections stay apart") {
  CHECK(merged({region(1, 1, RegionKind::kImage, kRead), region(2, 1, RegionKind::kImage, kWrite)})
            .size() == 2);
}

TEST_CASE("regions with a gap between them stay apart") {
  CHECK(merged({region(1, 1, RegionKind::kZero, kWrite), region(3, 1, RegionKind::kZero, kWrite)})
            .size() == 2);
}

TEST_CASE("different kinds stay apart") {
  CHECK(merged({region(1, 1, RegionKind::kZero, kWrite), region(2, 1, RegionKind::kImage, kWrite)})
            .size() == 2);
}

TEST_CASE("zero memory that is wiped on fork stays apart from other zero memory") {
  auto wiped = region(2, 1, RegionKind::kZero, kWrite);
  wiped.flags = format::kWipeOnFork;
  CHECK(merged({region(1, 1, RegionKind::kZero, kWrite), wiped}).size() == 2);
}

TEST_CASE("reserves join") {
  CHECK(merged({region(1, 1, RegionKind::kReserved, 0), region(2, 5, RegionKind::kReserved, 0)})
            .size() == 1);
}

TEST_CASE("read-only parts of one file that follow each other become one executable region") {
  const auto result =
      merged({of_file(1, 1, 0, kRead), of_file(2, 2, 1, kExecute), of_file(4, 1, 3, kRead)});
  REQUIRE(result.size() == 1);
  CHECK(result[0].size == 4 * kPage);
  CHECK(result[0].protection == kExecute);
  CHECK(result[0].file_offset == 0);
}

TEST_CASE("parts of a file with a gap in the file stay apart") {
  CHECK(merged({of_file(1, 1, 0, kRead), of_file(2, 1, 2, kRead)}).size() == 2);
}

TEST_CASE("parts of two files stay apart") {
  auto other = of_file(2, 1, 1, kRead);
  other.file = 2;
  CHECK(merged({of_file(1, 1, 0, kRead), other}).size() == 2);
}

TEST_CASE("writable parts of a file never become executable") {
  CHECK(merged({of_file(1, 1, 0, kExecute), of_file(2, 1, 1, kWrite)}).size() == 2);
  CHECK(merged({of_file(1, 1, 0, kWrite), of_file(2, 1, 1, kWrite)}).size() == 1);
}

TEST_CASE("stacks and shared files stay as they are") {
  CHECK(merged({region(1, 1, RegionKind::kSharedFile, kRead),
                region(2, 1, RegionKind::kSharedFile, kRead)})
            .size() == 2);
  CHECK(merged({region(1, 1, RegionKind::kStack, kWrite), region(2, 1, RegionKind::kStack, kWrite)})
            .size() == 2);
}

TEST_CASE("no regions merge to none") { CHECK(merged({}).empty()); }

}  // namespace
}  // namespace pysnap::snapshot
