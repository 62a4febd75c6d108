#include "launcher/captured_keys.h"

#include <catch2/catch.hpp>

namespace pysnap::tests {
namespace {

using launcher::CapturedFact;

CapturedFact key(const std::string& module, const std::string& path) {
  CapturedFact fact;
  fact.module = module;
  fact.path = path;
  fact.type = "bytes";
  return fact;
}

TEST_CASE("a key can be bytes, hexadecimal digits or base64") {
  CHECK(launcher::forms_of_key(std::string("\x00\xff\xfe\x7f", 4)) ==
        std::vector<std::string>{std::string("\x00\xff\xfe\x7f", 4), "00fffe7f", "AP/+", "AP_-"});
}

TEST_CASE("keys that nobody has allowed are refused, and their modules are blamed") {
  const auto refused = launcher::refuse_keys(
      {key("a", "a.KEY"), key("b.c", "b.c.TABLE['x']"), key("a", "a.OTHER")}, {"a.OTHER"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == support::ErrorKind::kRefused);
  CHECK(refused.error().blamed == std::vector<std::string>{"a", "b.c"});
  CHECK(refused.error().sentence ==
        "a.KEY (bytes) holds random bytes of the build, which all launches would share; list a in "
        "code-only, or renew it in a hook and accept it with --allow-captured \"a.KEY\"\n"
        "b.c.TABLE['x'] (bytes) holds random bytes of the build, which all launches would share; "
        "list b.c in code-only, or renew it in a hook and accept it with --allow-captured "
        "\"b.c.TABLE['x']\"");
}

TEST_CASE("a module or a path can be allowed") {
  CHECK(launcher::refuse_keys({key("a", "a.KEY"), key("a", "a.OTHER")}, {"a"}));
  CHECK(launcher::refuse_keys({key("a", "a.KEY")}, {"a.KEY"}));
  CHECK(launcher::refuse_keys({}, {}));
  CHECK_FALSE(launcher::refuse_keys({key("a", "a.KEY")}, {"a.K"}));
}

}  // namespace
}  // namespace pysnap::tests
