#include "launcher/image_file.h"

#include <catch2/catch.hpp>

#include "elf_writer/image_writer.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using launcher::ImageFile;

std::string sample_image(const TemporaryDirectory& directory) {
  const std::string path = directory.path("sample.image");
  REQUIRE(elf_writer::write_image(sample_snapshot(), sample_contents(), path));
  return path;
}

// The sentence with which a command rejects a file of these bytes; empty when it does not.
std::string sentence_for(const TemporaryDirectory& directory, const std::string& bytes) {
  const std::string path = directory.path("other.image");
  write_file(path, bytes);
  const auto image = ImageFile::open(path);
  return image ? "" : image.error().sentence;
}

TEST_CASE("an image cut at any length is rejected by the commands") {
  const TemporaryDirectory directory;
  const std::string whole = read_file(sample_image(directory));
  const size_t front = 8 * kPage;
  for (size_t size = 0; size < whole.size(); size += size < front ? 61 : kPage - 3) {
    INFO("cut to " << size << " bytes");
    REQUIRE_FALSE(sentence_for(directory, whole.substr(0, size)).empty());
  }
  CHECK_FALSE(sentence_for(directory, whole.substr(0, whole.size() - 1)).empty());
}

TEST_CASE("a flipped byte in the headers or the metadata is rejected by the commands") {
  const TemporaryDirectory directory;
  const std::string path = sample_image(directory);
  std::string bytes = read_file(path);
  const auto image = ImageFile::open(path);
  REQUIRE(image);
  const uint64_t sealed = image->metadata_offset() + image->view().header().metadata_size;
  for (uint64_t i = 0; i < sealed; i += 13) {
    INFO("byte " << i);
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    REQUIRE_FALSE(sentence_for(directory, bytes).empty());
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
  }
  CHECK(sentence_for(directory, bytes).empty());
}

TEST_CASE("what is no image is named and the way out with it") {
  const TemporaryDirectory directory;
  for (const std::string& bytes : {std::string(), std::string("text"), std::string(100000, 'x'),
                                   sample_restorer(), read_file(PYSNAP_RUN_PROGRAM)}) {
    const std::string sentence = sentence_for(directory, bytes);
    CHECK(sentence.find(directory.path("other.image")) != std::string::npos);
    CHECK(sentence.find("it is not a pysnap image") != std::string::npos);
    CHECK(sentence.find("pysnap build") != std::string::npos);
  }
}

TEST_CASE("a directory or a missing file is no image") {
  const TemporaryDirectory directory;
  const auto missing = ImageFile::open(directory.path("nothing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().sentence.find("No such file") != std::string::npos);
  const auto folder = ImageFile::open(directory.path(""));
  REQUIRE_FALSE(folder);
  CHECK(folder.error().sentence.find("is not a regular file") != std::string::npos);
}

}  // namespace
}  // namespace pysnap::tests
