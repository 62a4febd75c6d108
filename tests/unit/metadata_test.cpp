#include "elf_writer/metadata.h"

#include <catch2/catch.hpp>

#include "format/image_view.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using format::ImageView;
using format::RegionKind;

TEST_CASE("a region record says what its region is") {
  const elf_writer::Metadata metadata = sealed_metadata();
  elf_writer::Metadata copy = metadata;
  const ImageView view(copy.bytes().data());
  const snapshot::Snapshot snapshot = sample_snapshot();
  for (uint32_t i = 0; i < view.regions().count; ++i) {
    const format::Region& record = view.regions()[i];
    const snapshot::CapturedRegion& region = snapshot.regions[i];
    CHECK(record.address == region.address);
    CHECK(record.size == region.size);
    CHECK(record.kind == region.kind);
    CHECK(record.protection == region.protection);
    CHECK(record.flags == region.flags);
    CHECK(record.file == region.file);
  }
  CHECK(view.regions()[2].offset == 6 * kPage);
}

TEST_CASE("only regions that map a file name one") {
  snapshot::Snapshot snapshot = sample_snapshot();
  snapshot.regions[0].file = 2;  // captured pages of a file: their bytes are in the image
  elf_writer::Metadata metadata = sealed_metadata(snapshot);
  CHECK(metadata.region(0).file == 0);
}

TEST_CASE("each run of captured pages has a segment record") {
  elf_writer::Metadata metadata = sealed_metadata();
  CHECK(metadata.header().segments.count >= 4);
}

TEST_CASE("hot runs read back") {
  elf_writer::Metadata metadata = sealed_metadata();
  const ImageView view(metadata.bytes().data());
  REQUIRE(view.hot_runs().count == 1);
  CHECK(view.hot_runs()[0].address == kCeiling - 10 * kPage);
  CHECK(view.hot_runs()[0].size == 2 * kPage);
}

TEST_CASE("equal strings are stored once") {
  elf_writer::ImageContents contents = sample_contents();
  contents.modules = {"json", "json", "json"};
  elf_writer::Metadata metadata = sealed_metadata(sample_snapshot(), contents);
  const ImageView view(metadata.bytes().data());
  CHECK(view.modules()[0].text == view.modules()[1].text);
  CHECK(view.modules()[0].text == view.modules()[2].text);
}

TEST_CASE("a variable that was not set differs from one that was empty") {
  elf_writer::Metadata metadata = sealed_metadata();
  const ImageView view(metadata.bytes().data());
  REQUIRE(view.environment().count == 3);
  CHECK(view.string(view.environment()[0].value) == std::string("C.UTF-8"));
  CHECK(view.environment()[1].kind == format::VariableKind::kUnset);
  REQUIRE(view.environment()[2].kind == format::VariableKind::kValue);
  CHECK(view.string(view.environment()[2].value) == std::string());
}

TEST_CASE("strings with special bytes survive") {
  elf_writer::ImageContents contents = sample_contents();
  contents.modules = {"na\xc3\xafve", "\xff\xfe", "with\nline end", ""};
  elf_writer::Metadata metadata = sealed_metadata(sample_snapshot(), contents);
  const ImageView view(metadata.bytes().data());
  for (uint32_t i = 0; i < view.modules().count; ++i)
    CHECK(view.string(view.modules()[i].text) == contents.modules[i]);
}

TEST_CASE("an empty snapshot gives a block that is whole but cannot be launched") {
  elf_writer::Metadata metadata = sealed_metadata({}, {});
  CHECK(ImageView::check(metadata.bytes().data(), metadata.size(), kSampleFileSize) ==
        format::RejectReason::kBadIndex);  // it names no interpreter file
}

TEST_CASE("an interpreter file that nothing maps is not found") {
  elf_writer::ImageContents contents = sample_contents();
  contents.interpreter_file = "/nowhere";
  elf_writer::Metadata metadata = sealed_metadata(sample_snapshot(), contents);
  CHECK(metadata.header().interpreter_file == 0);
}

TEST_CASE("tables of many records fit") {
  elf_writer::ImageContents contents = sample_contents();
  for (int i = 0; i < 20000; ++i) contents.modules.push_back("package.module" + std::to_string(i));
  elf_writer::Metadata metadata = sealed_metadata(sample_snapshot(), contents);
  REQUIRE(ImageView::check(metadata.bytes().data(), metadata.size(), kSampleFileSize) ==
          format::RejectReason::kNone);
  const ImageView view(metadata.bytes().data());
  CHECK(view.string(view.modules()[20002].text) == std::string("package.module19999"));
}

}  // namespace
}  // namespace pysnap::tests
