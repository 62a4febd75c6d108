#include "snapshot/memory_map.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace pysnap::snapshot {
namespace {

std::vector<Mapping> parse(std::string_view text) {
  const auto mappings = parse_memory_map(text);
  REQUIRE(mappings);
  return *mappings;
}

TEST_CASE("a line of maps is read") {
  const auto mappings = parse("00400000-0041f000 r-xp 00002000 fe:01 1234      /usr/bin/python3\n");
  REQUIRE(mappings.size() == 1);
  const Mapping& mapping = mappings[0];
  CHECK(mapping.begin == 0x400000);
  CHECK(mapping.end == 0x41f000);
  CHECK(mapping.size() == 0x1f000);
  CHECK(mapping.protection == (PROT_READ | PROT_EXEC));
  CHECK(mapping.sharing == Sharing::kPrivate);
  CHECK(mapping.offset == 0x2000);
  CHECK(mapping.inode == 1234);
  CHECK(mapping.path == "/usr/bin/python3");
  CHECK(mapping.is_file());
  CHECK_FALSE(mapping.file_is_gone);
}

TEST_CASE("details of smaps are read past, and the flag for wiping on fork is kept") {
  const auto mappings = parse(
      "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
      "Size:                  4 kB\n"
      "VmFlags: rd wr mr mw me ac wf sd \n"
      "7f0000001000-7f0000002000 ---p 00000000 00:00 0 \n"
      "VmFlags: mr mw me sd \n");
  REQUIRE(mappings.size() == 2);
  CHECK(mappings[0].wipe_on_fork);
  CHECK(mappings[0].path.empty());
  CHECK_FALSE(mappings[0].is_file());
  CHECK_FALSE(mappings[1].wipe_on_fork);
  CHECK(mappings[1].protection == PROT_NONE);
}

TEST_CASE("the flag for memory that the kernel may drop is kept") {
  const auto mappings = parse(
      "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
      "VmFlags: rd wr mr mw me ac nr wf dd dp sd \n"
      "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 \n"
      "VmFlags: rd wr mr mw me ac sd \n");
  REQUIRE(mappings.size() == 2);
  CHECK(mappings[0].droppable);
  CHECK_FALSE(mappings[1].droppable);
}

TEST_CASE("a path may hold blanks") {
  const auto mappings = parse("1000-2000 r--p 00000000 fe:01 7    /a folder/with  two blanks.so\n");
  REQUIRE(mappings.size() == 1);
  CHECK(mappings[0].path == "/a folder/with  two blanks.so");
}

TEST_CASE("a file that is gone is known") {
  const auto mappings = parse("1000-2000 r--p 00000000 fe:01 7    /tmp/x.so (deleted)\n");
  REQUIRE(mappings.size() == 1);
  CHECK(mappings[0].file_is_gone);
  CHECK(mappings[0].path == "/tmp/x.so");
}

TEST_CASE("shared memory is known") {
  const auto mappings = parse("1000-2000 rw-s 00000000 00:01 1025    /dev/zero (deleted)\n");
  REQUIRE(mappings.size() == 1);
  CHECK(mappings[0].sharing == Sharing::kShared);
}

TEST_CASE("the kernel's own pages are known") {
  const auto mappings = parse(
      "1000-2000 r--p 00000000 00:00 0    [vvar]\n"
      "2000-3000 r--p 00000000 00:00 0    [vvar_vclock]\n"
      "3000-4000 r-xp 00000000 00:00 0    [vdso]\n"
      "4000-5000 rw-p 00000000 00:00 0    [heap]\n");
  REQUIRE(mappings.size() == 4);
  CHECK(mappings[0].is_kernel_page());
  CHECK(mappings[1].is_kernel_page());
  CHECK(mappings[2].is_kernel_page());
  CHECK_FALSE(mappings[3].is_kernel_page());
}

TEST_CASE("an empty text has no mappings, and the last line needs no line end") {
  CHECK(parse("").empty());
  CHECK(parse("1000-2000 r--p 00000000 00:00 0").size() == 1);
}

TEST_CASE("a line that is not understood is an error that quotes it") {
  for (const char* line : {"1000-zzzz r--p 00000000 00:00 0 ", "2000-1000 r--p 00000000 00:00 0 ",
                           "1000-2000 r-- 00000000 00:00 0 ", "1000-2000 r--p", "1000-2000",
                           "1000-2000 r--p 00000000 00:00 inode ", "1000-2000 r--p offset 00:00 0 ",
                           "10000000000000000-20000000000000000 r--p 00000000 00:00 0 "}) {
    INFO(line);
    const auto mappings = parse_memory_map(line);
    REQUIRE_FALSE(mappings);
    CHECK(mappings.error().sentence.find(line) != std::string::npos);
  }
}

TEST_CASE("a text cut anywhere is read or refused, never more") {
  const std::string text =
      "00400000-0041f000 r-xp 00002000 fe:01 1234      /usr/bin/python3 (deleted)\n"
      "Size:                  4 kB\nVmFlags: rd wf \n";
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::vector<char> exact(text.begin(), text.begin() + static_cast<long>(size));
    const auto mappings = parse_memory_map({exact.data(), exact.size()});
    CHECK((!mappings || mappings->size() <= 1));
  }
}

TEST_CASE("the map of a process is in ascending order and holds its code") {
  const auto mappings = read_memory_map(::getpid());
  REQUIRE(mappings);
  const uint64_t code = reinterpret_cast<uint64_t>(&parse_memory_map);
  uint64_t end = 0;
  bool found = false;
  for (const Mapping& mapping : *mappings) {
    CHECK(mapping.begin >= end);
    end = mapping.end;
    found |= mapping.begin <= code && code < mapping.end && mapping.is_file();
  }
  CHECK(found);
}

TEST_CASE("the map of a process that does not exist is an error") {
  CHECK_FALSE(read_memory_map(0x7ffffffe));
}

}  // namespace
}  // namespace pysnap::snapshot
