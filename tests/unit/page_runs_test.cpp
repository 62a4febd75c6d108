#include "snapshot/page_runs.h"

#include <catch2/catch.hpp>
#include <string>

namespace pysnap::snapshot {
namespace {

// 'c' is a captured page, '.' one that comes from elsewhere.
std::string plan(const std::string& pages, uint64_t shortest_gap) {
  std::vector<PageOrigin> origins;
  for (const char c : pages)
    origins.push_back(c == 'c' ? PageOrigin::kCaptured : PageOrigin::kElsewhere);
  std::string result;
  uint64_t next = 0;
  for (const PageRun& run : plan_page_runs(origins, shortest_gap)) {
    REQUIRE(run.first == next);
    REQUIRE(run.count > 0);
    next = run.first + run.count;
    if (!result.empty()) result += '|';
    result += std::string(run.count, run.origin == PageOrigin::kCaptured ? 'c' : '.');
  }
  REQUIRE(next == pages.size());
  return result;
}

TEST_CASE("pages join to runs of one origin") {
  CHECK(plan("", 1).empty());
  CHECK(plan("c", 1) == "c");
  CHECK(plan("..", 1) == "..");
  CHECK(plan("..cc..", 1) == "..|cc|..");
  CHECK(plan("c.c.c", 1) == "c|.|c|.|c");
}

TEST_CASE("short gaps are captured along with their neighbours") {
  CHECK(plan("cc..cc", 3) == "cccccc");
  CHECK(plan("cc...cc", 3) == "cc|...|cc");
  CHECK(plan(".cc....c.", 4) == "ccc|....|cc");
}

TEST_CASE("a mapping without captured pages stays whole, however short") {
  CHECK(plan(".", 64) == ".");
  CHECK(plan("...", 64) == "...");
}

}  // namespace
}  // namespace pysnap::snapshot
