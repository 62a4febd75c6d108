#include "elf_writer/metadata.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "elf_writer/dependency_tables.h"
#include "elf_writer/string_area.h"

namespace pysnap::elf_writer {
namespace {

using format::RegionKind;
using format::Table;
using format::VariableKind;
using snapshot::CapturedFile;
using snapshot::CapturedRegion;
using snapshot::Snapshot;

class BlockBuilder {
 public:
  BlockBuilder() : bytes_(sizeof(format::ImageHeader)) {}

  template <typename T>
  Table append(const std::vector<T>& records) {
    while (bytes_.size() % 8 != 0) bytes_.push_back(std::byte{0});
    const Table table = {bytes_.size(), static_cast<uint32_t>(records.size()), sizeof(T)};
    const auto view = std::as_bytes(std::span(records));
    bytes_.insert(bytes_.end(), view.begin(), view.end());
    return table;
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

std::vector<format::Region> region_records(const Snapshot& snapshot) {
  std::vector<format::Region> records;
  for (const CapturedRegion& region : snapshot.regions) {
    format::Region record = {};
    record.address = region.address;
    record.size = region.size;
    record.offset = region.file_offset;
    record.kind = region.kind;
    record.protection = region.protection;
    const bool maps_file =
        region.kind == RegionKind::kFile || region.kind == RegionKind::kSharedFile;
    record.file = maps_file ? region.file : 0;
    record.flags = region.flags;
    records.push_back(record);
  }
  return records;
}

// Regions whose words move: both lists ascend.
void mark_relocated(const std::vector<snapshot::Relocation>& words,
                    std::vector<format::Region>& regions) {
  auto word = words.begin();
  for (format::Region& region : regions) {
    while (word != words.end() && word->place + sizeof(uint64_t) <= region.address) ++word;
    if (region.kind == RegionKind::kImage && word != words.end() &&
        word->place < region.address + region.size)
      region.flags |= format::kRelocated;
  }
}

std::vector<format::File> file_records(const Snapshot& snapshot, StringArea& strings) {
  std::vector<format::File> records;
  for (const CapturedFile& file : snapshot.files) {
    format::File record = {};
    record.path = strings.add(file.original.path);
    record.size = file.original.size;
    record.inode = file.original.inode;
    record.modified_seconds = file.original.modified_seconds;
    record.modified_nanoseconds = file.original.modified_nanoseconds;
    record.build_id = strings.add(file.original.build_id);
    record.role = file.role;
    records.push_back(record);
  }
  return records;
}

std::vector<format::Text> text_records(const std::vector<std::string>& texts, StringArea& strings) {
  std::vector<format::Text> records;
  for (const std::string& text : texts) records.push_back({strings.add(text)});
  return records;
}

VariableKind kind_of_value(Comparison comparison) {
  if (comparison == Comparison::kDirectory) return VariableKind::kDirectory;
  return comparison == Comparison::kAbsent ? VariableKind::kAbsent : VariableKind::kValue;
}

std::vector<format::EnvironmentKey> environment_records(
    const std::vector<StartupVariable>& variables, StringArea& strings) {
  std::vector<format::EnvironmentKey> records;
  for (const StartupVariable& variable : variables) {
    format::EnvironmentKey record = {};
    record.name = strings.add(variable.name);
    if (variable.comparison == Comparison::kNone) {
      record.kind = VariableKind::kIgnored;
    } else if (!variable.value) {
      record.kind = VariableKind::kUnset;
    } else if (variable.comparison == Comparison::kDigest) {
      record.kind = VariableKind::kDigest;
      record.digest = format::value_digest(variable.name.c_str(), variable.value->c_str());
    } else {
      record.kind = kind_of_value(variable.comparison);
      record.value = strings.add(*variable.value);
    }
    records.push_back(record);
  }
  return records;
}

uint32_t index_of_file(const Snapshot& snapshot, const std::string& path) {
  for (size_t i = 0; i < snapshot.files.size(); ++i) {
    if (snapshot.files[i].original.path == path) return static_cast<uint32_t>(i + 1);
  }
  return 0;
}

}  // namespace

Metadata::Metadata(const Snapshot& snapshot, const ImageContents& contents) {
  BlockBuilder builder;
  StringArea strings;
  format::ImageHeader header = {};
  header.magic = format::kImageMagic;
  header.version = format::kImageVersion;
  header.header_size = sizeof header;
  std::vector<format::Region> regions = region_records(snapshot);
  if (contents.relocations) mark_relocated(contents.relocations->words, regions);
  const auto captured = std::count_if(regions.begin(), regions.end(), [](const auto& region) {
    return region.kind == RegionKind::kImage;
  });
  header.regions = builder.append(regions);
  header.files = builder.append(file_records(snapshot, strings));
  header.segments = builder.append(std::vector<format::Segment>(
      static_cast<size_t>(captured) + kSegmentsBesidePages + (contents.relocations ? 1 : 0)));
  header.modules = builder.append(text_records(contents.modules, strings));
  header.environment = builder.append(environment_records(contents.startup, strings));
  header.notices = builder.append(text_records(contents.notices, strings));
  header.hot_runs = builder.append(contents.hot_runs);
  header.options = builder.append(text_records(contents.options, strings));
  const DependencyTables depended = dependency_tables(contents.dependencies, strings);
  header.folders = builder.append(depended.folders);
  header.dependencies = builder.append(depended.dependencies);
  header.listings = builder.append(depended.listings);
  header.stems = builder.append(depended.stems);
  header.captured = builder.append(text_records(contents.captured, strings));
  header.interpreter = strings.add(contents.interpreter);
  header.interpreter_version = strings.add(contents.interpreter_version);
  header.program = strings.add(contents.program);
  header.strings =
      builder.append(std::vector<char>(strings.bytes().begin(), strings.bytes().end()));
  header.arena_low = snapshot.arena_low;
  header.arena_high = snapshot.ceiling;
  header.relocation_ceiling = snapshot.ceiling;
  header.resume_entry = snapshot.agent.resume_entry;
  header.resume_stack_pointer = snapshot.agent.resume_stack_pointer;
  header.stack_top = snapshot.ceiling;
  header.created_seconds = contents.created_seconds;
  header.generation = contents.generation;
  header.program_kind = contents.program_kind;
  header.flags = contents.flags;
  header.processor = snapshot.processor;
  header.interpreter_file = index_of_file(snapshot, contents.interpreter_file);
  header.kernel_page = snapshot.kernel_page;
  header.kernel = snapshot.agent.kernel;
  bytes_ = builder.take();
  while (bytes_.size() % 8 != 0) bytes_.push_back(std::byte{0});
  header.metadata_size = bytes_.size();
  std::memcpy(bytes_.data(), &header, sizeof header);
}

format::ImageHeader& Metadata::header() {
  return *reinterpret_cast<format::ImageHeader*>(bytes_.data());
}

format::Region& Metadata::region(size_t index) {
  return reinterpret_cast<format::Region*>(bytes_.data() + header().regions.offset)[index];
}

format::Segment& Metadata::segment(size_t index) {
  return reinterpret_cast<format::Segment*>(bytes_.data() + header().segments.offset)[index];
}

}  // namespace pysnap::elf_writer
