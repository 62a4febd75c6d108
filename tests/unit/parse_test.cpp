#include "support/parse.h"

#include <catch2/catch.hpp>
#include <cstdint>

namespace pysnap::support {
namespace {

TEST_CASE("a number is read in its base") {
  uint64_t value = 0;
  CHECK(parse_number("1f", 16, value));
  CHECK(value == 31);
  CHECK(parse_number("17", 10, value));
  CHECK(value == 17);
}

TEST_CASE("what is no number as a whole is none") {
  uint64_t value = 0;
  CHECK_FALSE(parse_number("", 16, value));
  CHECK_FALSE(parse_number("0x1f", 16, value));
  CHECK_FALSE(parse_number("1f ", 16, value));
  CHECK_FALSE(parse_number("-1", 10, value));
}

TEST_CASE("a number that is too large for its type is none") {
  uint64_t value = 0;
  CHECK_FALSE(parse_number("10000000000000000", 16, value));
}

TEST_CASE("a text is split at each separator") {
  CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
}

TEST_CASE("a text without separators is one part") {
  CHECK(split("a b", ',') == std::vector<std::string>{"a b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
}

}  // namespace
}  // namespace pysnap::support
