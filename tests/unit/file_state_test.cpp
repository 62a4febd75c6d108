#include "launcher/file_state.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "launcher/dependencies.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using launcher::FileState;
using launcher::until_times_tell;
using namespace std::chrono_literals;

std::chrono::nanoseconds now() { return std::chrono::system_clock::now().time_since_epoch(); }

// A file whose two times are so far from now; `part` stands for what is finer than a second.
FileState file_of(std::chrono::seconds modified, std::chrono::seconds changed, uint32_t part) {
  FileState state;
  state.kind = format::DependencyKind::kFile;
  const int64_t seconds = now() / 1s;
  state.modified_seconds = seconds + modified.count();
  state.changed_seconds = seconds + changed.count();
  state.modified_nanoseconds = state.changed_nanoseconds = part;
  return state;
}

TEST_CASE("times of the past tell of the next change") {
  CHECK(until_times_tell(file_of(-10s, -10s, 0)) == 0ns);
  CHECK(until_times_tell(file_of(-10s, -10s, 5)) == 0ns);
  CHECK(until_times_tell(file_of(-3s, -3s, 0)) == 0ns);
  CHECK(until_times_tell(file_of(-2s, -2s, 5)) == 0ns);
}

TEST_CASE("times of whole seconds tell only after two of them") {
  for (const auto& [modified, changed] : {std::pair{0s, -9s}, {-9s, 0s}, {0s, 0s}}) {
    const std::chrono::nanoseconds wait = until_times_tell(file_of(modified, changed, 0));
    CHECK(wait > 900ms);
    CHECK(wait <= 2s);
  }
}

TEST_CASE("finer times tell after a tick of the kernel") {
  FileState state = file_of(-9s, -9s, 5);
  const std::chrono::nanoseconds moment = now();
  state.changed_seconds = moment / 1s;
  state.changed_nanoseconds = static_cast<uint32_t>((moment % 1s).count() | 1);
  CHECK(until_times_tell(state) > 0ns);
  CHECK(until_times_tell(state) <= 20ms);
}

TEST_CASE("nobody waits for a time of change that the clock has to reach first") {
  CHECK(until_times_tell(file_of(0s, 3600s, 5)) > launcher::kLongestWait);
}

TEST_CASE("a time of modification that somebody has set ahead does not count") {
  CHECK(until_times_tell(file_of(3600s, -10s, 5)) == 0ns);
}

TEST_CASE("what is there at the end of a build is kept with a time that tells") {
  const TemporaryDirectory directory;
  write_file(directory.path("a"), "text");
  launcher::AccessedPaths accessed;
  accessed[directory.path("a")].then = launcher::examine_path(directory.path("a"));
  accessed[directory.path("a")].was_reached = true;
  const auto seen = launcher::look_again(accessed, {});
  CHECK(until_times_tell(seen.at(directory.path("a")).now) == 0ns);
  CHECK(seen.at(directory.path("a")).now.digest == launcher::digest_of_file(directory.path("a")));
}

TEST_CASE("a folder and what its path leads to are in it") {
  using launcher::is_in;
  CHECK(is_in("/a/b", "/a/b"));
  CHECK(is_in("/a/b/c", "/a/b"));
  CHECK(is_in("/a/b/c", "/a/b/"));
  CHECK(is_in("/a", "/"));
  CHECK_FALSE(is_in("/a/bc", "/a/b"));
  CHECK_FALSE(is_in("/a/b", "/a/b/c"));
  CHECK_FALSE(is_in("/a/b", "/a/b/"));
  CHECK_FALSE(is_in("", "/"));
}

TEST_CASE("large files and what is no file have no digest") {
  const TemporaryDirectory directory;
  write_file(directory.path("a"), "text");
  CHECK(launcher::digest_of_file(directory.path("a")) != 0);
  std::filesystem::resize_file(directory.path("a"), format::kMostDigestedBytes + 1);
  CHECK(launcher::digest_of_file(directory.path("a")) == 0);
  CHECK(launcher::digest_of_file(directory.path("missing")) == 0);
  CHECK(launcher::digest_of_file(directory.path("")) == 0);
}

}  // namespace
}  // namespace pysnap::tests
