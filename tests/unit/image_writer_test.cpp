#include "elf_writer/image_writer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "format/checksum.h"
#include "launcher/byte_map.h"
#include "launcher/image_file.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using launcher::ImageFile;

uint64_t write_sample(const std::string& path) {
  const auto written = elf_writer::write_image(sample_snapshot(), sample_contents(), path);
  REQUIRE(written);
  return written->size;
}

TEST_CASE("a written image opens and holds the captured pages") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("sample.image");
  const uint64_t size = write_sample(path);
  CHECK(size == read_file(path).size());
  const auto image = ImageFile::open(path);
  REQUIRE(image);
  const snapshot::Snapshot snapshot = sample_snapshot();
  for (uint32_t i = 0; i < snapshot.regions.size(); ++i) {
    const snapshot::CapturedRegion& region = snapshot.regions[i];
    if (region.kind != format::RegionKind::kImage) continue;
    const auto bytes = image->bytes().subspan(image->view().regions()[i].offset, region.size);
    CHECK(std::equal(bytes.begin(), bytes.end(), region.bytes.begin()));
  }
}

TEST_CASE("the records of segments are those of the pages") {
  const TemporaryDirectory directory;
  write_sample(directory.path("sample.image"));
  const auto image = ImageFile::open(directory.path("sample.image"));
  REQUIRE(image);
  uint64_t end = 0;
  for (const format::Segment& segment : image->view().segments()) {
    CHECK(segment.offset >= end);
    end = segment.offset + segment.size;
    REQUIRE(end <= image->bytes().size());
    CHECK(segment.checksum ==
          format::checksum(image->bytes().data() + segment.offset, segment.size));
  }
}

TEST_CASE("checksums cover every byte of an image") {
  const TemporaryDirectory directory;
  write_sample(directory.path("sample.image"));
  const auto image = ImageFile::open(directory.path("sample.image"));
  REQUIRE(image);
  // The front and the block have the seal; the rest must be in a segment.
  uint64_t end = image->metadata_offset() + image->view().header().metadata_size;
  for (const format::Segment& segment : image->view().segments()) {
    CHECK(segment.offset == end);
    end = segment.offset + segment.size;
  }
  CHECK(end == image->bytes().size());
}

TEST_CASE("an image is executable by its owner alone") {
  const TemporaryDirectory directory;
  write_sample(directory.path("sample.image"));
  struct stat status;
  REQUIRE(::stat(directory.path("sample.image").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
}

TEST_CASE("an existing file is not touched") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("precious");
  write_file(path, "content");
  const auto written = elf_writer::write_image(sample_snapshot(), sample_contents(), path);
  REQUIRE_FALSE(written);
  CHECK(written.error().number == EEXIST);
  CHECK(written.error().sentence.find(path) != std::string::npos);
  CHECK(read_file(path) == "content");
}

TEST_CASE("a restorer that cannot be embedded leaves no file") {
  const TemporaryDirectory directory;
  elf_writer::ImageContents contents = sample_contents();
  contents.restorer = "no program";
  CHECK_FALSE(elf_writer::write_image(sample_snapshot(), contents, directory.path("sample.image")));
  CHECK(directory.names().empty());
}

// 0: written, 1: failed with EFBIG in its sentence, 2: failed otherwise. In a child, since the
// limit stays with the process.
int write_with_size_limit(const std::string& path, uint64_t limit) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit sizes = {limit, limit};
    if (::setrlimit(RLIMIT_FSIZE, &sizes) != 0) ::_exit(3);
    const auto written = elf_writer::write_image(sample_snapshot(), sample_contents(), path);
    if (written) ::_exit(0);
    ::_exit(written.error().sentence.find("File too large") != std::string::npos ? 1 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

TEST_CASE("a disk that is full at any point leaves no file and says why") {
  const TemporaryDirectory directory;
  const uint64_t size = write_sample(directory.path("whole"));
  ::unlink(directory.path("whole").c_str());
  for (uint64_t limit = 0; limit < size; limit += 1021) {
    INFO("room for " << limit << " of " << size << " bytes");
    REQUIRE(write_with_size_limit(directory.path("sample.image"), limit) == 1);
    REQUIRE(directory.names().empty());
  }
  CHECK(write_with_size_limit(directory.path("sample.image"), size) == 0);
}

}  // namespace
}  // namespace pysnap::tests
