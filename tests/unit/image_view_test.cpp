#include "format/image_view.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

#include "format/checksum.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using format::ImageHeader;
using format::ImageView;
using format::RegionKind;
using format::RejectReason;

RejectReason check(elf_writer::Metadata& metadata) {
  return ImageView::check(metadata.bytes().data(), metadata.size(), kSampleFileSize);
}

// In a buffer of exactly this size, so that a sanitizer sees the first byte read behind it.
RejectReason check_front(const elf_writer::Metadata& metadata, uint64_t size) {
  const std::unique_ptr<uint64_t[]> words(new uint64_t[size / 8 + 1]);
  std::byte* front = reinterpret_cast<std::byte*>(words.get()) + (size / 8 + 1) * 8 - size;
  elf_writer::Metadata copy = metadata;
  // The copy must be aligned as a block is; an odd tail is cut off at the end instead.
  if (size % 8 != 0) front = reinterpret_cast<std::byte*>(words.get());
  std::memcpy(front, copy.bytes().data(), size);
  return ImageView::check(front, size, kSampleFileSize);
}

// Whether a launch would stop here: by structure, or by the checksum it compares next.
bool is_caught(elf_writer::Metadata& metadata) {
  if (check(metadata) != RejectReason::kNone) return true;
  return format::metadata_checksum(metadata.bytes().data(), metadata.size()) !=
         metadata.header().metadata_checksum;
}

TEST_CASE("a written block reads back") {
  elf_writer::Metadata metadata = sealed_metadata();
  REQUIRE(check(metadata) == RejectReason::kNone);
  CHECK_FALSE(is_caught(metadata));
  const ImageView view(metadata.bytes().data());
  REQUIRE(view.regions().count == sample_snapshot().regions.size());
  CHECK(view.regions()[2].kind == RegionKind::kFile);
  CHECK(view.string(view.files()[view.regions()[2].file - 1].path) ==
        std::string("/usr/bin/python3.11"));
  REQUIRE(view.modules().count == 3);
  CHECK(view.string(view.modules()[1].text) == std::string("json"));
  CHECK(view.string(view.header().interpreter_version) == std::string("3.11.2"));
  CHECK(view.header().interpreter_file == 1);
}

TEST_CASE("a block cut at any length is rejected") {
  const elf_writer::Metadata metadata = sealed_metadata();
  for (uint64_t size = 0; size < metadata.size(); ++size) {
    INFO("cut to " << size << " bytes");
    REQUIRE(check_front(metadata, size) != RejectReason::kNone);
  }
}

TEST_CASE("a block with another magic is no image") {
  elf_writer::Metadata metadata = sealed_metadata();
  metadata.header().magic ^= 1;
  CHECK(check(metadata) == RejectReason::kWrongMagic);
}

TEST_CASE("a block of another version is rejected") {
  for (const int step : {-1, 1}) {
    elf_writer::Metadata metadata = sealed_metadata();
    metadata.header().version += static_cast<uint32_t>(step);
    CHECK(check(metadata) == RejectReason::kOtherVersion);
  }
}

TEST_CASE("a block whose header has another size counts as another version") {
  elf_writer::Metadata metadata = sealed_metadata();
  metadata.header().header_size += 8;
  CHECK(check(metadata) == RejectReason::kOtherVersion);
}

TEST_CASE("a block without the mark of completeness is unfinished") {
  elf_writer::Metadata metadata = sealed_metadata();
  metadata.header().complete = 0;
  CHECK(check(metadata) == RejectReason::kUnfinished);
}

TEST_CASE("a file that is longer or shorter than it was written is rejected") {
  elf_writer::Metadata metadata = sealed_metadata();
  for (const uint64_t size : {uint64_t{0}, kSampleFileSize - 1, kSampleFileSize + 1}) {
    CHECK(ImageView::check(metadata.bytes().data(), metadata.size(), size) ==
          RejectReason::kWrongFileSize);
  }
}

TEST_CASE("a flipped bit anywhere in the block is caught") {
  elf_writer::Metadata metadata = sealed_metadata();
  for (uint64_t i = 0; i < metadata.size(); ++i) {
    INFO("byte " << i);
    for (const auto bit : {std::byte{0x01}, std::byte{0x80}}) {
      metadata.bytes()[i] ^= bit;
      REQUIRE(is_caught(metadata));
      metadata.bytes()[i] ^= bit;
    }
  }
  CHECK_FALSE(is_caught(metadata));
}

TEST_CASE("a table outside the block is rejected") {
  format::Table ImageHeader::*const tables[] = {
      &ImageHeader::regions,  &ImageHeader::files,       &ImageHeader::segments,
      &ImageHeader::modules,  &ImageHeader::environment, &ImageHeader::notices,
      &ImageHeader::hot_runs, &ImageHeader::options,     &ImageHeader::folders,
      &ImageHeader::listings, &ImageHeader::stems,       &ImageHeader::dependencies,
      &ImageHeader::captured, &ImageHeader::strings,
  };
  for (const auto table : tables) {
    elf_writer::Metadata good = sealed_metadata();
    const auto rejects = [&](auto change) {
      elf_writer::Metadata metadata = good;
      change(metadata.header().*table);
      return check(metadata) == RejectReason::kTableOutside;
    };
    CHECK(rejects([&](auto& t) { t.offset = good.size(); }));
    CHECK(rejects([&](auto& t) { t.offset = good.size() + 8; }));
    CHECK(rejects([](auto& t) { t.offset = 0; }));  // inside the header
    CHECK(rejects([](auto& t) { t.offset = ~uint64_t{7}; }));
    CHECK(rejects([](auto& t) { t.count = ~0u; }));
    CHECK(rejects([](auto& t) { t.entry_size += 8; }));
    CHECK(rejects([](auto& t) { t.entry_size = 0; }));
  }
}

TEST_CASE("a table of records at an odd place is rejected") {
  elf_writer::Metadata metadata = sealed_metadata();
  metadata.header().regions.offset += 4;
  CHECK(check(metadata) == RejectReason::kTableOutside);
}

TEST_CASE("a string area without terminators at its ends is rejected") {
  elf_writer::Metadata metadata = sealed_metadata();
  const format::Table strings = metadata.header().strings;
  elf_writer::Metadata no_last = metadata;
  no_last.bytes()[strings.offset + strings.count - 1] = std::byte{'x'};
  CHECK(check(no_last) == RejectReason::kTableOutside);
  elf_writer::Metadata no_first = metadata;
  no_first.bytes()[strings.offset] = std::byte{'x'};
  CHECK(check(no_first) == RejectReason::kTableOutside);
  metadata.header().strings.count = 0;
  CHECK(check(metadata) == RejectReason::kTableOutside);
}

TEST_CASE("a string outside the area is rejected, whoever names it") {
  const elf_writer::Metadata good = sealed_metadata();
  const auto rejects = [&](auto change) {
    elf_writer::Metadata metadata = good;
    const ImageHeader header = metadata.header();
    change(metadata.bytes().data(), header);
    return check(metadata) == RejectReason::kStringOutside;
  };
  using Bytes = std::byte*;
  const auto set = [](Bytes block, uint64_t offset, uint64_t value) {
    std::memcpy(block + offset, &value, sizeof value);
  };
  for (const uint64_t far : {uint64_t{good.size()}, ~uint64_t{0}}) {
    CHECK(rejects([&](Bytes b, const ImageHeader& h) { set(b, h.files.offset, far); }));
    CHECK(rejects([&](Bytes b, const ImageHeader& h) {
      set(b, h.files.offset + offsetof(format::File, build_id), far);
    }));
    CHECK(rejects([&](Bytes b, const ImageHeader& h) { set(b, h.modules.offset + 8, far); }));
    CHECK(rejects([&](Bytes b, const ImageHeader& h) { set(b, h.notices.offset, far); }));
    CHECK(rejects([&](Bytes b, const ImageHeader& h) { set(b, h.captured.offset, far); }));
    CHECK(rejects([&](Bytes b, const ImageHeader& h) { set(b, h.environment.offset, far); }));
    CHECK(rejects([&](Bytes b, const ImageHeader& h) { set(b, h.environment.offset + 8, far); }));
    CHECK(rejects(
        [&](Bytes b, const ImageHeader&) { set(b, offsetof(ImageHeader, interpreter), far); }));
    CHECK(rejects([&](Bytes b, const ImageHeader&) {
      set(b, offsetof(ImageHeader, interpreter_version), far);
    }));
    CHECK(
        rejects([&](Bytes b, const ImageHeader&) { set(b, offsetof(ImageHeader, program), far); }));
  }
}

TEST_CASE("a variable of no known kind is rejected") {
  for (const uint32_t wrong : {0u, 7u, ~0u}) {
    elf_writer::Metadata metadata = sealed_metadata();
    const uint64_t place =
        metadata.header().environment.offset + offsetof(format::EnvironmentKey, kind);
    std::memcpy(metadata.bytes().data() + place, &wrong, sizeof wrong);
    CHECK(check(metadata) == RejectReason::kBadVariable);
  }
}

TEST_CASE("an index without a record is rejected") {
  for (const uint32_t wrong : {0u, 3u, ~0u}) {
    elf_writer::Metadata metadata = sealed_metadata();
    metadata.header().interpreter_file = wrong;
    CHECK(check(metadata) == RejectReason::kBadIndex);
    elf_writer::Metadata other = sealed_metadata();
    other.region(2).file = wrong;
    CHECK(check(other) == RejectReason::kBadIndex);
  }
  for (const uint32_t wrong : {2u, 3u, 4u, 6u, ~0u}) {
    elf_writer::Metadata metadata = sealed_metadata();
    metadata.header().program_kind = wrong;
    CHECK(check(metadata) == RejectReason::kBadIndex);
  }
  elf_writer::Metadata metadata = sealed_metadata();
  metadata.region(0).file = 1;  // captured pages come from no file
  CHECK(check(metadata) == RejectReason::kBadIndex);
}

TEST_CASE("an impossible region is rejected") {
  const auto rejects = [](auto change) {
    elf_writer::Metadata metadata = sealed_metadata();
    change(metadata);
    return check(metadata) == RejectReason::kBadRegion;
  };
  CHECK(rejects([](auto& m) { m.region(1).address = m.region(0).address; }));  // overlapping
  CHECK(rejects([](auto& m) { m.region(0).size += 4 * kPage; }));              // overlapping
  CHECK(rejects([](auto& m) { std::swap(m.region(0), m.region(1)); }));        // out of order
  CHECK(rejects([](auto& m) { m.region(0).address += 8; }));                   // unaligned
  CHECK(rejects([](auto& m) { m.region(0).size -= 8; }));
  CHECK(rejects([](auto& m) { m.region(0).offset += 8; }));
  CHECK(rejects([](auto& m) { m.region(0).size = 0; }));
  CHECK(rejects([](auto& m) { m.region(0).address = 0; }));  // the page of null pointers
  CHECK(rejects([](auto& m) { m.region(0).kind = RegionKind{0}; }));
  CHECK(rejects([](auto& m) { m.region(0).kind = RegionKind{7}; }));
  CHECK(rejects([](auto& m) { m.region(0).protection = 8; }));
  CHECK(rejects([](auto& m) { m.region(8).size = uint64_t{1} << 47; }));  // too large
  CHECK(rejects([](auto& m) { m.region(8).size = ~(kPage - 1); }));
  CHECK(rejects([](auto& m) { m.region(8).address = ~(kPage - 1); }));
  CHECK(rejects([](auto& m) { m.region(0).offset = kSampleFileSize; }));  // behind the file
  CHECK(rejects([](auto& m) { m.region(0).offset = kSampleFileSize - kPage; }));
  CHECK(rejects([](auto& m) { m.region(0).offset = ~(kPage - 1); }));
}

TEST_CASE("every reason has a sentence of its own") {
  std::vector<std::string> seen;
  for (uint32_t i = 0; i <= static_cast<uint32_t>(RejectReason::kBadIndex); ++i) {
    const std::string text = format::reason_text(static_cast<RejectReason>(i));
    CHECK(text != "the reason is unknown");
    CHECK(std::find(seen.begin(), seen.end(), text) == seen.end());
    seen.push_back(text);
  }
}

}  // namespace
}  // namespace pysnap::tests
