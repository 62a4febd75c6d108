#include "launcher/captured_variables.h"

#include <catch2/catch.hpp>

namespace pysnap::tests {
namespace {

using launcher::captured_variables;
using Names = std::vector<std::string>;

snapshot::Snapshot snapshot_with(const std::string& text, size_t at) {
  snapshot::Snapshot snapshot;
  snapshot::CapturedRegion region;
  region.bytes.resize(4096);
  for (size_t i = 0; i < text.size(); ++i) region.bytes[at + i] = static_cast<std::byte>(text[i]);
  snapshot.regions = {{}, region};
  return snapshot;
}

TEST_CASE("a value is found wherever it lies") {
  const std::string value = "12345678";
  for (size_t at = 0; at < 16; ++at)
    CHECK(captured_variables(snapshot_with(value, at), {"TOKEN=" + value}, {}) == Names{"TOKEN"});
  for (size_t at = 4080; at + value.size() <= 4096; ++at)
    CHECK(captured_variables(snapshot_with(value, at), {"TOKEN=" + value}, {}) == Names{"TOKEN"});
}

TEST_CASE("a value that is only begun is not found") {
  CHECK(captured_variables(snapshot_with("1234567", 4089), {"TOKEN=12345678"}, {}).empty());
  CHECK(captured_variables(snapshot_with("12345679", 8), {"TOKEN=12345678"}, {}).empty());
}

TEST_CASE("all variables of a value are named, short values never") {
  const snapshot::Snapshot snapshot = snapshot_with("a=https://token-of-ours@host", 100);
  CHECK(captured_variables(snapshot,
                           {"SHORT=https:/", "ONE=token-of-ours", "ANOTHER=other-token",
                            "TWO=token-of-ours", "WHOLE=https://token-of-ours@host"},
                           {}) == Names{"ONE", "TWO", "WHOLE"});
}

TEST_CASE("a path that the image holds anyway is not looked for") {
  const snapshot::Snapshot snapshot = snapshot_with("/home/user/.venv/lib", 0);
  const Names paths = {"/home/user/.venv/lib/python3.11/json/__init__.py"};
  CHECK(captured_variables(snapshot, {"A=/home/user", "B=/home/user/", "C=/home/use"}, paths) ==
        Names{"C"});
}

TEST_CASE("what every session has, and paths that are there, are no secrets") {
  CHECK(launcher::secret_variables(
            {"HOME", "API_TOKEN", "LC_TIME", "PYTHONPATH", "PLACE", "PLACES", "KEY"},
            {"API_TOKEN=12345678", "PLACE=/usr/bin", "PLACES=/usr/bin:/usr/lib",
             "KEY=/us3r/b1n"}) == Names{"API_TOKEN", "KEY"});
}

}  // namespace
}  // namespace pysnap::tests
