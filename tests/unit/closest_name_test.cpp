#include "launcher/closest_name.h"

#include <catch2/catch.hpp>

namespace pysnap::tests {
namespace {

TEST_CASE("the closest name is the one with the fewest changes") {
  const std::vector<std::string> names = {"modules", "exclude", "code-only", "warm-up"};
  CHECK(launcher::closest_name("module", names) == "modules");
  CHECK(launcher::closest_name("code_only", names) == "code-only");
  CHECK(launcher::closest_name("warmup", names) == "warm-up");
  CHECK(launcher::closest_name("excludes", names) == "exclude");
  CHECK(launcher::closest_name("exclude", names) == "exclude");
}

TEST_CASE("of equally close names the first is taken") {
  CHECK(launcher::closest_name("ab", {"abc", "abd"}) == "abc");
  CHECK(launcher::closest_name("", {"xy", "z", "w"}) == "z");
}

}  // namespace
}  // namespace pysnap::tests
