#include "support/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using support::File;
using support::MappedFile;

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

TEST_CASE("a descriptor is closed when its owner ends") {
  int descriptor = -1;
  {
    const auto file = File::open_read("/dev/null");
    REQUIRE(file);
    descriptor = file->descriptor();
    CHECK(is_open(descriptor));
  }
  CHECK_FALSE(is_open(descriptor));
}

TEST_CASE("a moved descriptor has one owner") {
  auto first = File::open_read("/dev/null");
  REQUIRE(first);
  const int descriptor = first->descriptor();
  File second = std::move(*first);
  CHECK(second.descriptor() == descriptor);
  CHECK(first->descriptor() == -1);
  auto third = File::open_read("/dev/null");
  REQUIRE(third);
  const int closed = third->descriptor();
  *third = std::move(second);
  CHECK_FALSE(is_open(closed));
  CHECK(is_open(descriptor));
}

TEST_CASE("a released descriptor stays open") {
  auto file = File::open_read("/dev/null");
  REQUIRE(file);
  const int descriptor = file->release();
  CHECK(is_open(descriptor));
  const File owner = File::adopt(descriptor);
}

TEST_CASE("descriptors are not inherited by programs") {
  const auto file = File::open_read("/dev/null");
  REQUIRE(file);
  CHECK((::fcntl(file->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a file that exists is not created again") {
  const TemporaryDirectory directory;
  CHECK(File::create_new(directory.path("new"), 0600));
  const auto again = File::create_new(directory.path("new"), 0600);
  REQUIRE_FALSE(again);
  CHECK(again.error().number == EEXIST);
}

TEST_CASE("reading at an offset stops at the end of the file") {
  const TemporaryDirectory directory;
  write_file(directory.path("file"), "0123456789");
  const auto file = File::open_read(directory.path("file"));
  REQUIRE(file);
  std::byte bytes[8];
  const auto inside = file->read_at(1, bytes);
  REQUIRE(inside);
  CHECK(*inside == 8);
  CHECK(bytes[0] == std::byte{'1'});
  const auto at_end = file->read_at(7, bytes);
  REQUIRE(at_end);
  CHECK(*at_end == 3);
  const auto behind = file->read_at(100, bytes);
  REQUIRE(behind);
  CHECK(*behind == 0);
}

TEST_CASE("a whole text is read, also where the kernel gives no size") {
  const TemporaryDirectory directory;
  const std::string long_text(200000, 'x');
  write_file(directory.path("file"), long_text);
  const auto text = support::read_text(directory.path("file"));
  REQUIRE(text);
  CHECK(*text == long_text);
  const auto of_kernel = support::read_text("/proc/self/status");
  REQUIRE(of_kernel);
  CHECK(of_kernel->find("Pid:") != std::string::npos);
}

TEST_CASE("a file is mapped whole, an empty one too") {
  const TemporaryDirectory directory;
  write_file(directory.path("file"), "content");
  const auto file = MappedFile::map(directory.path("file"));
  REQUIRE(file);
  CHECK(file->bytes().size() == 7);
  CHECK(file->bytes()[6] == std::byte{'t'});
  write_file(directory.path("empty"), "");
  const auto empty = MappedFile::map(directory.path("empty"));
  REQUIRE(empty);
  CHECK(empty->bytes().empty());
}

TEST_CASE("only regular files are mapped") {
  for (const char* path : {"/dev/null", "/"}) {
    const auto file = MappedFile::map(path);
    REQUIRE_FALSE(file);
    CHECK(file.error().sentence == fmt::format("{} is not a regular file", path));
  }
}

TEST_CASE("a named pipe without a writer is not waited for") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo(directory.path("pipe").c_str(), 0600) == 0);
  ::alarm(10);  // a failure would hang
  CHECK_FALSE(MappedFile::map(directory.path("pipe")));
  ::alarm(0);
}

TEST_CASE("a missing file is named in the sentence") {
  for (const auto& sentence : {File::open_read("/nowhere/x").error().sentence,
                               MappedFile::map("/nowhere/x").error().sentence,
                               support::read_text("/nowhere/x").error().sentence})
    CHECK(sentence == "/nowhere/x cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace pysnap::tests
