#include "bare/process_start.h"

#include <elf.h>

#include <catch2/catch.hpp>
#include <string>

namespace pysnap::bare {
namespace {

TEST_CASE("the block at the initial stack pointer is taken apart") {
  char program[] = "program";
  char argument[] = "argument";
  char variable[] = "NAME=value";
  uint64_t block[] = {2,
                      reinterpret_cast<uint64_t>(program),
                      reinterpret_cast<uint64_t>(argument),
                      0,
                      reinterpret_cast<uint64_t>(variable),
                      0,
                      AT_PAGESZ,
                      4096,
                      AT_PHNUM,
                      7,
                      AT_NULL,
                      0};
  const ProcessStart start = ProcessStart::parse(block);
  CHECK(start.argument_count == 2);
  CHECK(start.arguments[1] == std::string("argument"));
  CHECK(start.arguments[2] == nullptr);
  CHECK(start.environment[0] == std::string("NAME=value"));
  CHECK(start.auxiliary_value(AT_PAGESZ) == 4096);
  CHECK(start.auxiliary_value(AT_PHNUM) == 7);
  CHECK(start.auxiliary_value(AT_SYSINFO_EHDR) == 0);
}

TEST_CASE("a process without arguments and variables is taken apart too") {
  uint64_t block[] = {0, 0, 0, AT_NULL, 0};
  const ProcessStart start = ProcessStart::parse(block);
  CHECK(start.argument_count == 0);
  CHECK(start.arguments[0] == nullptr);
  CHECK(start.environment[0] == nullptr);
  CHECK(start.auxiliary_value(AT_PAGESZ) == 0);
}

}  // namespace
}  // namespace pysnap::bare
