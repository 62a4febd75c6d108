#include "launcher/boot_inputs.h"

#include <catch2/catch.hpp>

namespace pysnap::launcher {
namespace {

bool equal(const struct timespec& a, const struct timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

struct timespec read(BootInputs& inputs, clockid_t clock) {
  struct timespec time = {};
  REQUIRE(inputs.read_clock(clock, time));
  return time;
}

TEST_CASE("a boot is told again what the one before was told") {
  BootInputs inputs;
  const std::vector<std::byte> secret = inputs.random(24);
  const std::vector<std::byte> seed = inputs.random(2500);
  const struct timespec first = read(inputs, CLOCK_MONOTONIC);
  const struct timespec wall = read(inputs, CLOCK_REALTIME);
  const struct timespec second = read(inputs, CLOCK_MONOTONIC);
  CHECK_FALSE(equal(first, second));
  for (int boot = 0; boot < 2; ++boot) {
    inputs.begin_again();
    CHECK(equal(read(inputs, CLOCK_MONOTONIC), first));
    CHECK(inputs.random(24) == secret);
    CHECK(equal(read(inputs, CLOCK_MONOTONIC), second));
    CHECK(equal(read(inputs, CLOCK_REALTIME), wall));
    CHECK(inputs.random(2500) == seed);
    CHECK(inputs.fresh_answers() == 0);
  }
}

TEST_CASE("a boot that asks more, or something else, is told the truth") {
  BootInputs inputs;
  const std::vector<std::byte> secret = inputs.random(24);
  read(inputs, CLOCK_MONOTONIC);
  inputs.begin_again();
  CHECK(inputs.random(16).size() == 16);
  CHECK(inputs.random(16) != inputs.random(16));
  read(inputs, CLOCK_MONOTONIC);
  CHECK(inputs.fresh_answers() == 3);
  read(inputs, CLOCK_MONOTONIC);
  CHECK(inputs.fresh_answers() == 4);
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
