#include "bare/reservation.h"

#include <errno.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "bare/memory_lines.h"

namespace pysnap::bare {
namespace {

constexpr uint64_t kPage = 4096;

uint64_t take(uint64_t address, uint64_t pages, int protection) {
  void* place = mmap(reinterpret_cast<void*>(address), pages * kPage, protection,
                     MAP_PRIVATE | MAP_ANONYMOUS | (address == 0 ? 0 : MAP_FIXED_NOREPLACE), -1, 0);
  return place == MAP_FAILED ? 0 : reinterpret_cast<uint64_t>(place);
}

void give_back(uint64_t address, uint64_t pages) {
  munmap(reinterpret_cast<void*>(address), pages * kPage);
}

TEST_CASE("the free places of a range are taken, the others stay") {
  constexpr uint64_t kPages = 64;
  const uint64_t begin = take(0, kPages, PROT_READ | PROT_WRITE);
  REQUIRE(begin != 0);
  give_back(begin + 8 * kPage, 8);
  give_back(begin + 40 * kPage, 24);
  auto* kept = reinterpret_cast<volatile char*>(begin + 20 * kPage);
  *kept = 'k';
  REQUIRE(reserve_free(begin, begin + kPages * kPage) == 0);
  CHECK(*kept == 'k');
  for (const uint64_t page : {8, 15, 40, 63}) CHECK(take(begin + page * kPage, 1, PROT_READ) == 0);
  CHECK(reserve(begin, begin + kPage) == EEXIST);
  give_back(begin, kPages);
}

// One mapping more than a buffer of lines holds.
TEST_CASE("every mapping of a process with many is seen, in order") {
  constexpr uint64_t kPages = 1000;
  const uint64_t begin = take(0, kPages, PROT_READ);
  REQUIRE(begin != 0);
  for (uint64_t page = 0; page < kPages; page += 2)
    mprotect(reinterpret_cast<void*>(begin + page * kPage), kPage, PROT_READ | PROT_WRITE);
  std::vector<MemoryLine> lines;
  const auto note = [](void* context, const MemoryLine& line) {
    static_cast<std::vector<MemoryLine>*>(context)->push_back(line);
  };
  REQUIRE(for_each_mapping(note, &lines));
  uint64_t inside = 0;
  uint64_t end = 0;
  for (const MemoryLine& line : lines) {
    CHECK(line.begin >= end);
    end = line.end;
    if (line.begin >= begin && line.end <= begin + kPages * kPage) ++inside;
  }
  CHECK(inside >= kPages - 2);  // the outermost may have joined their neighbours
  give_back(begin, kPages);
}

}  // namespace
}  // namespace pysnap::bare
