#include "restore/open_image.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "elf_writer/image_writer.h"
#include "format/checksum.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

std::string reason_for(const std::string& path) {
  const restore::OpenImage image = restore::open_image(path.c_str());
  if (image.descriptor >= 0) ::close(image.descriptor);
  return image.reason == nullptr ? "" : image.reason;
}

std::string reason_for_bytes(const TemporaryDirectory& directory, const std::string& bytes) {
  write_file(directory.path("other.image"), bytes);
  return reason_for(directory.path("other.image"));
}

std::string sample_bytes(const TemporaryDirectory& directory) {
  const std::string path = directory.path("sample.image");
  REQUIRE(elf_writer::write_image(sample_snapshot(), sample_contents(), path));
  return read_file(path);
}

uint64_t block_offset(const std::string& image) {
  uint16_t count = 0;
  image.copy(reinterpret_cast<char*>(&count), sizeof count, 56);  // e_phnum
  return format::metadata_offset(count);
}

format::ImageHeader& header_of(std::string& image) {
  return *reinterpret_cast<format::ImageHeader*>(image.data() + block_offset(image));
}

TEST_CASE("the restorer accepts a whole image") {
  const TemporaryDirectory directory;
  CHECK(reason_for_bytes(directory, sample_bytes(directory)).empty());
}

TEST_CASE("the restorer rejects an image cut at any length") {
  const TemporaryDirectory directory;
  const std::string whole = sample_bytes(directory);
  const size_t front = 8 * kPage;
  for (size_t size = 0; size < whole.size(); size += size < front ? 61 : kPage - 3) {
    INFO("cut to " << size << " bytes");
    REQUIRE_FALSE(reason_for_bytes(directory, whole.substr(0, size)).empty());
  }
}

TEST_CASE("the restorer rejects an image with a flipped byte in headers or metadata") {
  const TemporaryDirectory directory;
  std::string bytes = sample_bytes(directory);
  const uint64_t sealed = block_offset(bytes) + header_of(bytes).metadata_size;
  for (uint64_t i = 0; i < sealed; i += 13) {
    INFO("byte " << i);
    bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
    REQUIRE_FALSE(reason_for_bytes(directory, bytes).empty());
    bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
  }
}

TEST_CASE("the restorer says which of the easy mistakes it was") {
  const TemporaryDirectory directory;
  std::string bytes = sample_bytes(directory);
  const auto reason_after = [&](auto change) {
    std::string other = bytes;
    change(header_of(other));
    return reason_for_bytes(directory, other);
  };
  CHECK(reason_after([](auto& h) { h.version += 1; }).find("another version") != std::string::npos);
  CHECK(reason_after([](auto& h) { h.complete = 0; }).find("never finished") != std::string::npos);
  CHECK(reason_after([](auto& h) { h.generation += 1; }).find("damaged") != std::string::npos);
  CHECK(reason_after([](auto& h) { h.magic += 1; }).find("not a pysnap image") !=
        std::string::npos);
  CHECK(reason_for_bytes(directory, bytes + "x").find("its size is not the one") !=
        std::string::npos);
}

TEST_CASE("a block that claims to be enormous is not mapped") {
  const TemporaryDirectory directory;
  std::string bytes = sample_bytes(directory);
  for (const uint64_t size : {uint64_t{1} << 29, uint64_t{1} << 62, ~uint64_t{0}}) {
    header_of(bytes).metadata_size = size;
    CHECK_FALSE(reason_for_bytes(directory, bytes).empty());
  }
}

TEST_CASE("the restorer rejects what is no regular file") {
  const TemporaryDirectory directory;
  CHECK(reason_for(directory.path("nothing")) == "it cannot be opened");
  CHECK(reason_for(directory.path("")) == "it is not a regular file");
  CHECK(reason_for("/dev/null") == "it is not a regular file");
  CHECK(reason_for_bytes(directory, "") == "it is not a pysnap image");
}

TEST_CASE("the restorer does not wait for a writer of a named pipe") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  ::alarm(10);  // a failure would hang
  CHECK(reason_for(path) == "it is not a regular file");
  ::alarm(0);
}

}  // namespace
}  // namespace pysnap::tests
