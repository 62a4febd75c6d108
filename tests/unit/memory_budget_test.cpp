#include "launcher/memory_budget.h"

#include <catch2/catch.hpp>

namespace pysnap::launcher {
namespace {

TEST_CASE("available memory is read from what the kernel says") {
  CHECK(available_in("MemTotal:  9 kB\nMemFree:  5 kB\nMemAvailable:    7 kB\n") == 7 * 1024);
  CHECK(available_in("MemTotal:  9 kB\n") == UINT64_MAX);
  CHECK(available_in("MemAvailable: much\n") == UINT64_MAX);
  CHECK(available_in("") == UINT64_MAX);
}

TEST_CASE("the control group of version 2 is found among those of version 1") {
  CHECK(control_group_in("0::/user.slice/a\n") == "/user.slice/a");
  CHECK(control_group_in("4:memory:/x\n0::/\n") == "/");
  CHECK(control_group_in("4:memory:/x\n10::/y\n") == "");
  CHECK(control_group_in("") == "");
}

TEST_CASE("this machine has memory") { CHECK(available_memory() > 0); }

TEST_CASE("a build needs more for a larger image, and much for one that nobody knows") {
  CHECK(memory_of_build(100) < memory_of_build(1000));
  CHECK(memory_of_build(0) > memory_of_build(uint64_t{100} << 20));
}

}  // namespace
}  // namespace pysnap::launcher
