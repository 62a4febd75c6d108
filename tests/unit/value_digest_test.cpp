#include "format/value_digest.h"

#include <catch2/catch.hpp>
#include <string>

namespace pysnap::tests {
namespace {

uint32_t first_word(const std::string& text) {
  format::Sha256 digest;
  digest.add(text.c_str());
  digest.finish();
  return digest.word(0);
}

// The examples of FIPS 180-4, and lengths around the end of a block, by sha256sum(1).
TEST_CASE("SHA-256 is the one of the standard") {
  CHECK(first_word("") == 0xe3b0c442);
  CHECK(first_word("abc") == 0xba7816bf);
  CHECK(first_word("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == 0x248d6a61);
  CHECK(first_word(std::string(55, 'a')) == 0x9f4390f8);
  CHECK(first_word(std::string(63, 'a')) == 0x7d3e74a0);
  CHECK(first_word(std::string(64, 'a')) == 0xffe054fe);
}

TEST_CASE("digests of other names and values differ") {
  const auto digest = format::value_digest("NAME", "value");
  CHECK(digest == format::value_digest("NAME", "value"));
  CHECK_FALSE(digest == format::value_digest("NAME", "valuf"));
  CHECK_FALSE(digest == format::value_digest("OTHER", "value"));
}

}  // namespace
}  // namespace pysnap::tests
