#include "snapshot/process_memory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using snapshot::PageState;
using snapshot::ProcessMemory;

// A forked child that has run `action` and waits.
class WaitingChild {
 public:
  template <typename Action>
  explicit WaitingChild(Action action) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    process_ = ::fork();
    if (process_ == 0) {
      action();
      if (::write(ends[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    char byte;
    REQUIRE(::read(ends[0], &byte, 1) == 1);
    ::close(ends[0]);
  }
  WaitingChild(const WaitingChild&) = delete;
  WaitingChild& operator=(const WaitingChild&) = delete;
  ~WaitingChild() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  pid_t process() const { return process_; }

 private:
  pid_t process_;
};

char* map(uint64_t pages, int flags, int descriptor) {
  void* mapped = ::mmap(nullptr, pages * kPage, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  REQUIRE(mapped != MAP_FAILED);
  return static_cast<char*>(mapped);
}

std::string read_text(const ProcessMemory& memory, const char* address, size_t size) {
  std::string text(size, '\0');
  REQUIRE(
      memory.read(reinterpret_cast<uint64_t>(address), std::as_writable_bytes(std::span(text))));
  return text;
}

TEST_CASE("the memory of a child is read, not our own") {
  char* place = map(1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  std::strcpy(place, "before");
  const WaitingChild child([&] { std::strcpy(place, "of the child"); });
  const auto memory = ProcessMemory::open(child.process());
  REQUIRE(memory);
  CHECK(read_text(*memory, place, 12) == "of the child");
  CHECK(place == std::string("before"));
  ::munmap(place, kPage);
}

TEST_CASE("pages that were written are the process's own, others are not") {
  char* place = map(4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  place[1 * kPage] = 'x';  // inherited by the child
  const WaitingChild child([&] { place[3 * kPage] = 'y'; });
  const auto memory = ProcessMemory::open(child.process());
  REQUIRE(memory);
  const auto states = memory->page_states(reinterpret_cast<uint64_t>(place), 4 * kPage);
  REQUIRE(states);
  CHECK(*states == std::vector<PageState>{PageState::kUntouched, PageState::kOwn,
                                          PageState::kUntouched, PageState::kOwn});
  ::munmap(place, 4 * kPage);
}

TEST_CASE("a page of a file that was only read stays the file's") {
  const TemporaryDirectory directory;
  write_file(directory.path("file"), std::string(3 * kPage, 'f'));
  const auto file = support::File::open_read(directory.path("file"));
  REQUIRE(file);
  char* place = map(3, MAP_PRIVATE, file->descriptor());
  const WaitingChild child([&] {
    volatile char* pages = place;
    const char seen = pages[0];
    pages[2 * kPage] = static_cast<char>(seen + 1);
  });
  const auto memory = ProcessMemory::open(child.process());
  REQUIRE(memory);
  const auto states = memory->page_states(reinterpret_cast<uint64_t>(place), 3 * kPage);
  REQUIRE(states);
  CHECK(*states ==
        std::vector<PageState>{PageState::kUntouched, PageState::kUntouched, PageState::kOwn});
  CHECK(read_text(*memory, place + 2 * kPage, 2) == "gf");
  ::munmap(place, 3 * kPage);
}

TEST_CASE("memory that is not mapped cannot be read, and the sentence gives the address") {
  char* place = map(2, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  REQUIRE(::munmap(place + kPage, kPage) == 0);
  const WaitingChild child([] {});
  const auto memory = ProcessMemory::open(child.process());
  REQUIRE(memory);
  std::vector<std::byte> bytes(2 * kPage);
  const auto read = memory->read(reinterpret_cast<uint64_t>(place), bytes);
  REQUIRE_FALSE(read);
  CHECK(read.error().sentence.find(fmt::format("{:#x}", reinterpret_cast<uint64_t>(place))) !=
        std::string::npos);
  ::munmap(place, kPage);
}

TEST_CASE("a process that does not exist has no memory") {
  CHECK_FALSE(ProcessMemory::open(0x7ffffffe));
}

}  // namespace
}  // namespace pysnap::tests
