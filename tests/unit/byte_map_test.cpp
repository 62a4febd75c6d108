#include "launcher/byte_map.h"

#include <catch2/catch.hpp>
#include <set>

#include "elf_writer/image_writer.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

TEST_CASE("every byte of an image has one label, and the total is the file size") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("sample.image");
  REQUIRE(elf_writer::write_image(sample_snapshot(), sample_contents(), path));
  const auto image = launcher::ImageFile::open(path);
  REQUIRE(image);
  uint64_t end = 0;
  std::set<std::string> labels;
  for (const launcher::LabelledRange& range : launcher::label_bytes(*image)) {
    CHECK(range.offset == end);
    CHECK(range.size > 0);
    end = range.offset + range.size;
    labels.insert(range.label);
  }
  CHECK(end == image->bytes().size());
  for (const char* expected :
       {"ELF header", "program headers", "section headers", ".shstrtab", ".pysnap.metadata",
        ".captured.data", ".captured.text", ".captured.rodata", ".pysnap.restorer.text"}) {
    INFO(expected);
    CHECK(labels.contains(expected));
  }
}

}  // namespace
}  // namespace pysnap::tests
