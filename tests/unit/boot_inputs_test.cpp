#include "launcher/boot_inputs.h"

#include <sys/random.h>

#include <catch2/catch.hpp>

namespace pysnap::launcher {
namespace {

bool equal(const struct timespec& a, const struct timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

// As malloc and the start of the interpreter ask, and as a program does.
std::vector<std::byte> ask_early(BootInputs& inputs, size_t size) {
  return inputs.random(size, GRND_NONBLOCK);
}
std::vector<std::byte> ask(BootInputs& inputs, size_t size) { return inputs.random(size, 0); }

struct timespec read(BootInputs& inputs, clockid_t clock) {
  struct timespec time = {};
  REQUIRE(inputs.read_clock(clock, time));
  return time;
}

TEST_CASE("a boot is told again what the one before was told") {
  BootInputs inputs;
  const std::vector<std::byte> secret = ask_early(inputs, 24);
  const std::vector<std::byte> seed = ask(inputs, 2500);
  const struct timespec first = read(inputs, CLOCK_MONOTONIC);
  const struct timespec wall = read(inputs, CLOCK_REALTIME);
  const struct timespec second = read(inputs, CLOCK_MONOTONIC);
  CHECK_FALSE(equal(first, second));
  for (int boot = 0; boot < 2; ++boot) {
    inputs.begin_again();
    CHECK(equal(read(inputs, CLOCK_MONOTONIC), first));
    CHECK(ask_early(inputs, 24) == secret);
    CHECK(equal(read(inputs, CLOCK_MONOTONIC), second));
    CHECK(equal(read(inputs, CLOCK_REALTIME), wall));
    CHECK(ask(inputs, 2500) == seed);
    CHECK(inputs.fresh_answers() == 0);
  }
}

TEST_CASE("a boot that asks more, or something else, is told the truth") {
  BootInputs inputs;
  const std::vector<std::byte> secret = ask_early(inputs, 24);
  read(inputs, CLOCK_MONOTONIC);
  inputs.begin_again();
  CHECK(ask(inputs, 16).size() == 16);
  CHECK(ask(inputs, 16) != ask(inputs, 16));
  read(inputs, CLOCK_MONOTONIC);
  CHECK(inputs.fresh_answers() == 3);
  read(inputs, CLOCK_MONOTONIC);
  CHECK(inputs.fresh_answers() == 4);
}

TEST_CASE("a boot can be told that it is later") {
  BootInputs inputs;
  const struct timespec wall = read(inputs, CLOCK_REALTIME);
  const struct timespec first = read(inputs, CLOCK_MONOTONIC);
  const struct timespec second = read(inputs, CLOCK_MONOTONIC);
  const auto later = [](struct timespec time) {
    time.tv_sec += 1000;
    return time;
  };
  ChangedInputs changes;
  changes.seconds = 1000;
  inputs.begin_again(changes);
  CHECK(equal(read(inputs, CLOCK_MONOTONIC), later(first)));
  CHECK(equal(read(inputs, CLOCK_REALTIME), later(wall)));
  CHECK(equal(read(inputs, CLOCK_MONOTONIC), later(second)));
  CHECK(inputs.fresh_answers() == 0);
  inputs.begin_again();
  CHECK(equal(read(inputs, CLOCK_REALTIME), wall));
}

TEST_CASE("a boot can be told other random bytes, but for malloc's mark and the secret of hashes") {
  BootInputs inputs;
  const std::vector<std::byte> mark = ask_early(inputs, 8);
  const std::vector<std::byte> secret = ask_early(inputs, 24);
  const std::vector<std::byte> seed = ask(inputs, 2500);
  const std::vector<std::byte> key = ask(inputs, 24);
  ChangedInputs changes;
  changes.random = true;
  inputs.begin_again(changes);
  CHECK(ask_early(inputs, 8) == mark);
  CHECK(ask_early(inputs, 24) == secret);
  const std::vector<std::byte> other_seed = ask(inputs, 2500);
  const std::vector<std::byte> other_key = ask(inputs, 24);
  CHECK(other_seed.size() == seed.size());
  CHECK(other_seed != seed);
  CHECK(other_key != key);
  CHECK(inputs.fresh_answers() == 0);
  // Every boot with this change is told the same, and the next one without it is told the first.
  inputs.begin_again(changes);
  ask_early(inputs, 8);
  ask_early(inputs, 24);
  CHECK(ask(inputs, 2500) == other_seed);
  inputs.begin_again();
  ask_early(inputs, 8);
  ask_early(inputs, 24);
  CHECK(ask(inputs, 2500) == seed);
}

// How many of these answers, all asked for without waiting but the last, stay as they were. Before
// them the boot stub asks for those of the process.
size_t count_kept(const std::vector<size_t>& early, size_t late) {
  BootInputs inputs;
  std::vector<std::vector<std::byte>> first;
  first.push_back(ask(inputs, 16));
  for (const size_t size : early) first.push_back(ask_early(inputs, size));
  first.push_back(ask(inputs, late));
  ChangedInputs changes;
  changes.random = true;
  inputs.begin_again(changes);
  size_t kept = 0;
  bool is_changed = false;
  for (const std::vector<std::byte>& bytes : first) {
    const bool is_equal = ask(inputs, bytes.size()) == bytes;
    CHECK_FALSE((is_equal && is_changed));
    is_changed = !is_equal;
    if (is_equal) ++kept;
  }
  CHECK(inputs.fresh_answers() == 0);
  return kept;
}

TEST_CASE("the secret of hashes is known by where it stands, and what follows is another") {
  CHECK(count_kept({8, 24, 2500}, 24) == 3);
  CHECK(count_kept({32, 8, 24, 2500}, 24) == 4);
  CHECK(count_kept({24, 2500}, 24) == 2);
}

TEST_CASE("where no secret of hashes was asked for, all after malloc's mark is another") {
  CHECK(count_kept({8, 2500}, 24) == 2);
  CHECK(count_kept({32, 8, 2500}, 24) == 3);
  CHECK(count_kept({8}, 24) == 2);
  CHECK(count_kept({}, 24) == 1);
}

TEST_CASE("a boot that came to nothing leaves no answers behind") {
  BootInputs inputs;
  ask(inputs, 20);
  read(inputs, CLOCK_MONOTONIC);
  inputs.forget_this_boot();
  const std::vector<std::byte> seed = ask(inputs, 20);
  const struct timespec first = read(inputs, CLOCK_MONOTONIC);
  ChangedInputs changes;
  changes.random = true;
  changes.seconds = 1000;
  inputs.begin_again(changes);
  const std::vector<std::byte> other = ask(inputs, 20);
  const struct timespec later = read(inputs, CLOCK_MONOTONIC);
  CHECK(other != seed);
  CHECK(later.tv_sec == first.tv_sec + 1000);
  inputs.forget_this_boot();
  CHECK(ask(inputs, 20) == other);
  CHECK(equal(read(inputs, CLOCK_MONOTONIC), later));
  inputs.begin_again();
  CHECK(ask(inputs, 20) == seed);
  CHECK(inputs.fresh_answers() == 0);
}

TEST_CASE("a boot can be told another host name, and the next one the kernel's again") {
  BootInputs inputs;
  CHECK(inputs.host_name().empty());
  ChangedInputs changes;
  changes.host_name = "elsewhere";
  inputs.begin_again(changes);
  CHECK(inputs.host_name() == "elsewhere");
  inputs.begin_again();
  CHECK(inputs.host_name().empty());
}

TEST_CASE("what a boot has drawn for itself is known, but for what its start has drawn") {
  BootInputs inputs;
  ask_early(inputs, 8);
  CHECK(BootInputs().chance().empty());
  CHECK(inputs.chance().empty());
  ask_early(inputs, 24);
  const std::vector<std::byte> key = ask(inputs, 16);
  inputs.begin_again();
  ask_early(inputs, 8);
  const std::string text(reinterpret_cast<const char*>(key.data()), key.size());
  CHECK(inputs.chance() == std::vector<std::string>{text});
}

TEST_CASE("clocks of one process are not for the builder to tell") {
  BootInputs inputs;
  struct timespec time = {};
  CHECK_FALSE(inputs.read_clock(CLOCK_PROCESS_CPUTIME_ID, time));
  CHECK_FALSE(inputs.read_clock(CLOCK_THREAD_CPUTIME_ID, time));
  CHECK_FALSE(inputs.read_clock(-6, time));
}

}  // namespace
}  // namespace pysnap::launcher
