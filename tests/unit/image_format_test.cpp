#include "format/image_format.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <map>
#include <string>

#include "format/checksum.h"
#include "format/relocation_table.h"

namespace pysnap::format {
namespace {

// The layouts this project has ever written. A change of layout needs a new version and a line
// here; the failing test prints the number.
const std::map<uint32_t, uint64_t> kLayouts = {
    {1, 0xf6bccddba90d2e34}, {2, 0x4c0e83533d7c497f},  {3, 0x9ad7f8552fd5c400},
    {4, 0x47c194d6743eecae}, {5, 0x47c194d6743eecae},  // another request of launches
    {6, 0xbcdc5e7aab9c8276}, {7, 0xfd84ec4c8fb33b38},  {8, 0xf1cd615a76c31a01},
    {9, 0x83385ea7f573f620}, {10, 0x3f733ead87e5ee74}, {11, 0x3d54518848ebe66a},
};

// NOLINTNEXTLINE: only the preprocessor can name a field and measure it.
#define FIELD(record, field)                                                             \
  text += fmt::format("{}.{} at {} size {}\n", #record, #field, offsetof(record, field), \
                      sizeof(record::field))
#define RECORD(record) text += fmt::format("{} size {}\n", #record, sizeof(record))

void describe_small_records(std::string& text) {
  RECORD(Table);
  FIELD(Table, offset);
  FIELD(Table, count);
  FIELD(Table, entry_size);
  RECORD(Region);
  FIELD(Region, address);
  FIELD(Region, size);
  FIELD(Region, offset);
  FIELD(Region, kind);
  FIELD(Region, protection);
  FIELD(Region, file);
  FIELD(Region, flags);
  RECORD(File);
  FIELD(File, path);
  FIELD(File, size);
  FIELD(File, inode);
  FIELD(File, modified_seconds);
  FIELD(File, modified_nanoseconds);
  FIELD(File, build_id);
  FIELD(File, role);
  RECORD(Segment);
  FIELD(Segment, offset);
  FIELD(Segment, size);
  FIELD(Segment, address);
  FIELD(Segment, checksum);
  RECORD(EnvironmentKey);
  FIELD(EnvironmentKey, name);
  FIELD(EnvironmentKey, value);
  FIELD(EnvironmentKey, digest);
  FIELD(EnvironmentKey, kind);
  RECORD(HotRun);
  FIELD(HotRun, address);
  FIELD(HotRun, size);
  RECORD(Dependency);
  FIELD(Dependency, name);
  FIELD(Dependency, size);
  FIELD(Dependency, inode);
  FIELD(Dependency, modified_seconds);
  FIELD(Dependency, changed_seconds);
  FIELD(Dependency, digest);
  FIELD(Dependency, modified_nanoseconds);
  FIELD(Dependency, changed_nanoseconds);
  FIELD(Dependency, kind);
  FIELD(Dependency, listing);
  RECORD(DependencyFolder);
  FIELD(DependencyFolder, path);
  FIELD(DependencyFolder, count);
  RECORD(Listing);
  FIELD(Listing, digest);
  FIELD(Listing, first_stem);
  FIELD(Listing, stem_count);
  FIELD(Listing, rules);
  RECORD(Stem);
  FIELD(Stem, hash);
  RECORD(Text);
  FIELD(Text, text);
}

void describe_machine_records(std::string& text) {
  RECORD(KernelMapping);
  FIELD(KernelMapping, offset);
  FIELD(KernelMapping, size);
  RECORD(KernelPage);
  FIELD(KernelPage, slot);
  FIELD(KernelPage, code_offset);
  FIELD(KernelPage, code_size);
  FIELD(KernelPage, code_checksum);
  FIELD(KernelPage, mappings);
  RECORD(Processor);
  FIELD(Processor, signature);
  FIELD(Processor, features);
  FIELD(Processor, extended_state);
  RECORD(SignalAction);
  FIELD(SignalAction, handler);
  FIELD(SignalAction, flags);
  FIELD(SignalAction, restorer);
  FIELD(SignalAction, mask);
  RECORD(KernelState);
  FIELD(KernelState, thread_pointer);
  FIELD(KernelState, thread_id_address);
  FIELD(KernelState, robust_list_head);
  FIELD(KernelState, robust_list_size);
  FIELD(KernelState, rseq_address);
  FIELD(KernelState, rseq_size);
  FIELD(KernelState, alternate_stack);
  FIELD(KernelState, vector_control);
  FIELD(KernelState, x87_control);
  FIELD(KernelState, actions);
}

void describe_header(std::string& text) {
  RECORD(ImageHeader);
  FIELD(ImageHeader, magic);
  FIELD(ImageHeader, version);
  FIELD(ImageHeader, header_size);
  FIELD(ImageHeader, metadata_size);
  FIELD(ImageHeader, file_size);
  FIELD(ImageHeader, front_checksum);
  FIELD(ImageHeader, metadata_checksum);
  FIELD(ImageHeader, complete);
  FIELD(ImageHeader, regions);
  FIELD(ImageHeader, files);
  FIELD(ImageHeader, segments);
  FIELD(ImageHeader, modules);
  FIELD(ImageHeader, environment);
  FIELD(ImageHeader, notices);
  FIELD(ImageHeader, hot_runs);
  FIELD(ImageHeader, options);
  FIELD(ImageHeader, folders);
  FIELD(ImageHeader, dependencies);
  FIELD(ImageHeader, listings);
  FIELD(ImageHeader, stems);
  FIELD(ImageHeader, captured);
  FIELD(ImageHeader, strings);
  FIELD(ImageHeader, arena_low);
  FIELD(ImageHeader, arena_high);
  FIELD(ImageHeader, relocation_offset);
  FIELD(ImageHeader, relocation_size);
  FIELD(ImageHeader, relocation_ceiling);
  FIELD(ImageHeader, restorer_address);
  FIELD(ImageHeader, resume_entry);
  FIELD(ImageHeader, resume_stack_pointer);
  FIELD(ImageHeader, stack_top);
  FIELD(ImageHeader, interpreter);
  FIELD(ImageHeader, interpreter_version);
  FIELD(ImageHeader, created_seconds);
  FIELD(ImageHeader, generation);
  FIELD(ImageHeader, program);
  FIELD(ImageHeader, processor);
  FIELD(ImageHeader, interpreter_file);
  FIELD(ImageHeader, program_kind);
  FIELD(ImageHeader, flags);
  FIELD(ImageHeader, kernel_page);
  FIELD(ImageHeader, kernel);
}

void describe_values(std::string& text) {
  text += fmt::format("magic {:x} complete {:x} page {}\n", kImageMagic, kComplete, kPageSize);
  text += fmt::format("block behind one header at {}\n", metadata_offset(1));
  for (const RegionKind kind : {RegionKind::kImage, RegionKind::kFile, RegionKind::kZero,
                                RegionKind::kReserved, RegionKind::kSharedFile, RegionKind::kStack})
    text += fmt::format("kind {}\n", static_cast<uint32_t>(kind));
  for (const FileRole role : {FileRole::kMapped, FileRole::kCopied})
    text += fmt::format("role {}\n", static_cast<uint32_t>(role));
  for (const DependencyKind kind :
       {DependencyKind::kFile, DependencyKind::kMissing, DependencyKind::kDirectory,
        DependencyKind::kListed, DependencyKind::kOther})
    text += fmt::format("dependency {}\n", static_cast<uint32_t>(kind));
  for (const VariableKind kind :
       {VariableKind::kUnset, VariableKind::kValue, VariableKind::kDigest, VariableKind::kIgnored,
        VariableKind::kDirectory, VariableKind::kAbsent})
    text += fmt::format("variable {}\n", static_cast<uint32_t>(kind));
  text += fmt::format("names {} {} {}\n", kEveryName, kPathFiles, kDistributions);
  text += fmt::format("flags {} {} {}\n", kDependenciesUnknown, kTrusted, kMovesAtLaunch);
  text += fmt::format("wipe on fork {}\n", kWipeOnFork);
  text += fmt::format("droppable {}\n", kDroppable);
  text += fmt::format("relocated {}\n", kRelocated);
  RECORD(RelocationTable);
  RECORD(OtherWord);
  RECORD(DerivedHash);
  RECORD(HashTable);
  RECORD(ArenaTree);
}

std::string layout() {
  std::string text;
  describe_small_records(text);
  describe_machine_records(text);
  describe_header(text);
  describe_values(text);
  return text;
}

TEST_CASE("the layout of this version is the one on record") {
  const std::string text = layout();
  const uint64_t hash = checksum(text.data(), text.size());
  INFO(text);
  INFO(fmt::format("version {}, layout {:#x}", kImageVersion, hash));
  INFO("a changed layout needs a new kImageVersion and a line in kLayouts");
  REQUIRE(kLayouts.contains(kImageVersion));
  CHECK(kLayouts.at(kImageVersion) == hash);
}

TEST_CASE("the current version is the newest on record") {
  CHECK(kLayouts.rbegin()->first == kImageVersion);
}

TEST_CASE("the fields that find and seal a block never move") {
  // A reader of any version must be able to say "another version".
  CHECK(offsetof(ImageHeader, magic) == 0);
  CHECK(offsetof(ImageHeader, version) == 8);
  CHECK(offsetof(ImageHeader, header_size) == 12);
  CHECK(offsetof(ImageHeader, metadata_size) == 16);
}

TEST_CASE("the checksum is XXH3") {
  // The value for no bytes and seed 0 in xxHash's own sanity tests.
  CHECK(checksum("", 0) == 0x2d06800538d394c2);
}

TEST_CASE("the seal's own fields do not count in the checksum of the block") {
  ImageHeader header = {};
  header.magic = kImageMagic;
  const uint64_t before = metadata_checksum(&header, sizeof header);
  header.metadata_checksum = before;
  header.complete = kComplete;
  CHECK(metadata_checksum(&header, sizeof header) == before);
  header.front_checksum = 1;
  CHECK(metadata_checksum(&header, sizeof header) != before);
}

}  // namespace
}  // namespace pysnap::format
