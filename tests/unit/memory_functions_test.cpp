// bare/memory_functions.cpp under other names: tests/CMakeLists.txt renames them.
#include <catch2/catch.hpp>
#include <cstddef>
#include <string>

extern "C" {
void* bare_memcpy(void* to, const void* from, size_t size);
void* bare_memset(void* to, int value, size_t size);
void* bare_memmove(void* to, const void* from, size_t size);
int bare_memcmp(const void* a, const void* b, size_t size);
}

namespace pysnap::bare {
namespace {

TEST_CASE("bytes are copied and set exactly") {
  std::string text = "........";
  CHECK(bare_memcpy(text.data() + 1, "abc", 3) == text.data() + 1);
  CHECK(text == ".abc....");
  CHECK(bare_memset(text.data() + 4, 'x' + 256, 2) == text.data() + 4);
  CHECK(text == ".abcxx..");
  bare_memcpy(text.data(), "zzz", 0);
  CHECK(text == ".abcxx..");
}

TEST_CASE("overlapping bytes are moved in either direction") {
  std::string forward = "abcdefgh";
  bare_memmove(forward.data(), forward.data() + 2, 6);
  CHECK(forward == "cdefghgh");
  std::string backward = "abcdefgh";
  bare_memmove(backward.data() + 2, backward.data(), 6);
  CHECK(backward == "ababcdef");
}

TEST_CASE("bytes are compared as unsigned") {
  CHECK(bare_memcmp("abc", "abc", 3) == 0);
  CHECK(bare_memcmp("abc", "abd", 3) < 0);
  CHECK(bare_memcmp("\xff", "\x01", 1) > 0);
  CHECK(bare_memcmp("a", "b", 0) == 0);
}

}  // namespace
}  // namespace pysnap::bare
