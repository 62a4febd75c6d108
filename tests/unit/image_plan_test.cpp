#include "elf_writer/image_plan.h"

#include <elf.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using elf_writer::ImagePlan;
using elf_writer::RestorerLayout;

ImagePlan plan_of(const snapshot::Snapshot& snapshot) {
  const auto restorer = elf_writer::read_restorer(sample_restorer());
  REQUIRE(restorer);
  elf_writer::Metadata metadata(snapshot, sample_contents());
  return elf_writer::plan_image(snapshot, metadata.size(), *restorer, 0);
}

TEST_CASE("parts of an image follow each other without overlap") {
  const ImagePlan plan = plan_of(sample_snapshot());
  elf_writer::Metadata metadata(sample_snapshot(), sample_contents());
  CHECK(plan.metadata_offset == format::metadata_offset(plan.program_header_count));
  CHECK(plan.restorer_offset >= plan.metadata_offset + metadata.size());
  CHECK(plan.restorer_offset % kPage == 0);
  CHECK(plan.pages_offset > plan.restorer_offset);
  CHECK(plan.pages_offset % kPage == 0);
  CHECK(plan.names_offset == plan.pages_offset + 14 * kPage);
}

TEST_CASE("the restorer lies above the ceiling at the distance it has in the file") {
  const ImagePlan plan = plan_of(sample_snapshot());
  CHECK(plan.restorer_address == kCeiling + plan.restorer_offset);
}

TEST_CASE("captured pages keep their order and fill the file without gaps") {
  const snapshot::Snapshot snapshot = sample_snapshot();
  const ImagePlan plan = plan_of(snapshot);
  REQUIRE(plan.region_offsets.size() == snapshot.regions.size());
  uint64_t expected = plan.pages_offset;
  for (size_t i = 0; i < snapshot.regions.size(); ++i) {
    if (snapshot.regions[i].kind != format::RegionKind::kImage) {
      CHECK(plan.region_offsets[i] == 0);
      continue;
    }
    CHECK(plan.region_offsets[i] == expected);
    expected += snapshot.regions[i].size;
  }
}

TEST_CASE("each protection and each gap in memory begins a new run") {
  const ImagePlan plan = plan_of(sample_snapshot());
  REQUIRE(plan.runs.size() == 4);
  CHECK(plan.runs[0].flags == PF_R);
  CHECK(plan.runs[1].flags == (PF_R | PF_W));
  CHECK(plan.runs[2].flags == (PF_R | PF_X));
  CHECK(plan.runs[0].address + plan.runs[0].size == plan.runs[1].address);
}

TEST_CASE("neighbours with one protection share a run") {
  snapshot::Snapshot snapshot = sample_snapshot();
  snapshot.regions[1].protection = snapshot.regions[0].protection;
  const ImagePlan plan = plan_of(snapshot);
  CHECK(plan.runs.size() == 3);
  CHECK(plan.runs[0].size == 3 * kPage);
}

TEST_CASE("a snapshot without captured pages can be planned") {
  const ImagePlan plan = plan_of({});
  CHECK(plan.runs.empty());
  CHECK(plan.names_offset == plan.pages_offset);
}

TEST_CASE("the program that is built beside the tests can be embedded") {
  const auto restorer = elf_writer::read_restorer(read_file(PYSNAP_RUN_PROGRAM));
  REQUIRE(restorer);
  bool entry_is_code = false;
  for (const elf_writer::RestorerSegment& segment : restorer->segments) {
    entry_is_code |= (segment.flags & PF_X) != 0 && restorer->entry >= segment.address &&
                     restorer->entry < segment.address + segment.file_size;
  }
  CHECK(entry_is_code);
}

std::string sentence_for(const std::string& bytes) {
  const auto restorer = elf_writer::read_restorer(bytes);
  return restorer ? "" : restorer.error().sentence;
}

TEST_CASE("what is no position-independent program cannot be embedded") {
  CHECK(sentence_for("").find("it is too short") != std::string::npos);
  CHECK(sentence_for(std::string(500, 'x')).find("position-independent") != std::string::npos);
  std::string fixed = sample_restorer();
  reinterpret_cast<Elf64_Ehdr*>(fixed.data())->e_type = ET_EXEC;
  CHECK(sentence_for(fixed).find("position-independent") != std::string::npos);
  std::string empty = sample_restorer();
  reinterpret_cast<Elf64_Ehdr*>(empty.data())->e_phnum = 0;
  CHECK(sentence_for(empty).find("it has nothing to load") != std::string::npos);
}

TEST_CASE("a cut program cannot be embedded") {
  const std::string whole = sample_restorer();
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO("cut to " << size << " bytes");
    REQUIRE_FALSE(sentence_for(whole.substr(0, size)).empty());
  }
}

TEST_CASE("a program with numbers that overflow cannot be embedded") {
  std::string bytes = sample_restorer();
  auto* segment = reinterpret_cast<Elf64_Phdr*>(bytes.data() + sizeof(Elf64_Ehdr));
  segment->p_offset = ~uint64_t{0} - 16;
  CHECK_FALSE(sentence_for(bytes).empty());
  bytes = sample_restorer();
  reinterpret_cast<Elf64_Ehdr*>(bytes.data())->e_phoff = ~uint64_t{0} - 16;
  CHECK_FALSE(sentence_for(bytes).empty());
}

}  // namespace
}  // namespace pysnap::tests
