// reseal IMAGE FIELD VALUE: sets a field of an image's header and seals the image again: damage
// that only the checks of meaning can find. VALUE is a number; FIELD is one of those below.
//
// reseal --layout IMAGE: one line per part of the sealed front, "NAME OFFSET SIZE" in bytes.
//
// reseal --fields: one line per field of the header ("header.NAME OFFSET SIZE") and of the records
// of a table ("TABLE.NAME OFFSET SIZE"), counted from the header's and the record's first byte.
#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "format/checksum.h"
#include "format/relocation_table.h"
#include "launcher/image_file.h"

namespace pysnap::tests {
namespace {

using format::ImageHeader;

struct Field {
  const char* name;
  uint64_t offset;
  uint64_t size;
};

// NOLINTNEXTLINE: only the preprocessor can name a field and measure it.
#define FIELD(path) \
  Field { #path, offsetof(ImageHeader, path), sizeof(ImageHeader::path) }

constexpr Field kFields[] = {
    FIELD(version),
    FIELD(complete),
    FIELD(file_size),
    FIELD(resume_entry),
    FIELD(interpreter),
    FIELD(relocation_offset),
    FIELD(relocation_size),
    FIELD(relocation_ceiling),
    {"processor.signature", offsetof(ImageHeader, processor), 4},
    {"processor.features", offsetof(ImageHeader, processor) + 4, 4},
    {"kernel_page.code_size", offsetof(ImageHeader, kernel_page) + 16, 8},
    {"kernel_page.code_checksum", offsetof(ImageHeader, kernel_page) + 24, 8},
};

#define RECORD_FIELD(table, type, name) \
  Field { table "." #name, offsetof(format::type, name), sizeof(format::type::name) }

constexpr Field kOtherFields[] = {
    FIELD(magic),
    FIELD(header_size),
    FIELD(metadata_size),
    FIELD(metadata_checksum),
    FIELD(interpreter_version),
    FIELD(program),
    FIELD(interpreter_file),
    FIELD(program_kind),
    FIELD(created_seconds),
    FIELD(generation),
    FIELD(regions),
    FIELD(files),
    FIELD(segments),
    FIELD(modules),
    FIELD(environment),
    FIELD(notices),
    FIELD(hot_runs),
    FIELD(options),
    FIELD(folders),
    FIELD(dependencies),
    FIELD(listings),
    FIELD(stems),
    FIELD(captured),
    FIELD(flags),
    FIELD(strings),
};

constexpr Field kRecordFields[] = {
    RECORD_FIELD("table", Table, offset),
    RECORD_FIELD("table", Table, count),
    RECORD_FIELD("table", Table, entry_size),
    RECORD_FIELD("regions", Region, address),
    RECORD_FIELD("regions", Region, size),
    RECORD_FIELD("regions", Region, offset),
    RECORD_FIELD("regions", Region, kind),
    RECORD_FIELD("regions", Region, protection),
    RECORD_FIELD("regions", Region, file),
    RECORD_FIELD("files", File, path),
    RECORD_FIELD("files", File, size),
    RECORD_FIELD("files", File, inode),
    RECORD_FIELD("files", File, modified_seconds),
    RECORD_FIELD("files", File, modified_nanoseconds),
    RECORD_FIELD("files", File, build_id),
    RECORD_FIELD("files", File, role),
    RECORD_FIELD("segments", Segment, offset),
    RECORD_FIELD("segments", Segment, size),
    RECORD_FIELD("segments", Segment, checksum),
    RECORD_FIELD("modules", Text, text),
    RECORD_FIELD("notices", Text, text),
    RECORD_FIELD("options", Text, text),
    RECORD_FIELD("environment", EnvironmentKey, name),
    RECORD_FIELD("environment", EnvironmentKey, value),
    RECORD_FIELD("environment", EnvironmentKey, kind),
    RECORD_FIELD("captured", Text, text),
    RECORD_FIELD("hot_runs", HotRun, address),
    RECORD_FIELD("hot_runs", HotRun, size),
    RECORD_FIELD("folders", DependencyFolder, path),
    RECORD_FIELD("folders", DependencyFolder, count),
    RECORD_FIELD("dependencies", Dependency, name),
    RECORD_FIELD("dependencies", Dependency, size),
    RECORD_FIELD("dependencies", Dependency, inode),
    RECORD_FIELD("dependencies", Dependency, modified_seconds),
    RECORD_FIELD("dependencies", Dependency, changed_seconds),
    RECORD_FIELD("dependencies", Dependency, digest),
    RECORD_FIELD("dependencies", Dependency, modified_nanoseconds),
    RECORD_FIELD("dependencies", Dependency, changed_nanoseconds),
    RECORD_FIELD("dependencies", Dependency, kind),
    RECORD_FIELD("dependencies", Dependency, listing),
    RECORD_FIELD("listings", Listing, digest),
    RECORD_FIELD("listings", Listing, first_stem),
    RECORD_FIELD("listings", Listing, stem_count),
    RECORD_FIELD("listings", Listing, rules),
    RECORD_FIELD("stems", Stem, hash),
    RECORD_FIELD("relocations", RelocationTable, magic),
    RECORD_FIELD("relocations", RelocationTable, size),
    RECORD_FIELD("relocations", RelocationTable, address_words),
    RECORD_FIELD("relocations", RelocationTable, other_words),
    RECORD_FIELD("relocations", RelocationTable, hashes),
    RECORD_FIELD("relocations", RelocationTable, tables),
    RECORD_FIELD("relocations", RelocationTable, arena_tree),
    RECORD_FIELD("relocations", RelocationTable, step),
    RECORD_FIELD("other_words", OtherWord, place),
    RECORD_FIELD("other_words", OtherWord, kind),
    RECORD_FIELD("hashes", DerivedHash, place),
    RECORD_FIELD("hashes", DerivedHash, rule),
    RECORD_FIELD("tables", HashTable, slots),
    RECORD_FIELD("tables", HashTable, entries),
    RECORD_FIELD("tables", HashTable, slot_bytes),
    RECORD_FIELD("tables", HashTable, log2_slots),
    RECORD_FIELD("tables", HashTable, kind),
    RECORD_FIELD("arena_tree", ArenaTree, root),
    RECORD_FIELD("arena_tree", ArenaTree, upper_bits),
    RECORD_FIELD("arena_tree", ArenaTree, lower_bits),
};

int print_fields() {
  const auto print = [](const char* prefix, const Field& field) {
    fmt::print("{}{} {} {}\n", prefix, field.name, field.offset, field.size);
  };
  for (const Field& field : kFields) print("header.", field);
  for (const Field& field : kOtherFields) print("header.", field);
  for (const Field& field : kRecordFields) print("", field);
  return 0;
}

int complain(const std::string& sentence) {
  fmt::print(stderr, "reseal: {}\n", sentence);
  return 2;
}

int print_layout(const launcher::ImageFile& image) {
  const ImageHeader& header = image.view().header();
  const uint64_t block = image.metadata_offset();
  fmt::print("elf_header 0 64\nprogram_headers 64 {}\n", block - 64);
  fmt::print("header {} {}\n", block, sizeof header);
  const auto table = [&](const char* name, const format::Table& place) {
    fmt::print("{} {} {}\n", name, block + place.offset, uint64_t{place.count} * place.entry_size);
  };
  table("regions", header.regions);
  table("files", header.files);
  table("segments", header.segments);
  table("modules", header.modules);
  table("environment", header.environment);
  table("notices", header.notices);
  table("hot_runs", header.hot_runs);
  table("options", header.options);
  table("folders", header.folders);
  table("dependencies", header.dependencies);
  table("listings", header.listings);
  table("stems", header.stems);
  table("captured", header.captured);
  table("strings", header.strings);
  fmt::print("metadata {} {}\n", block, header.metadata_size);
  for (const format::Segment& segment : image.view().segments())
    fmt::print("segment {} {}\n", segment.offset, segment.size);
  return 0;
}

int set(const launcher::ImageFile& image, const std::string& path, const Field& field,
        uint64_t value) {
  std::vector<char> front(image.metadata_offset() + image.view().header().metadata_size);
  std::memcpy(front.data(), image.bytes().data(), front.size());
  char* block = front.data() + image.metadata_offset();
  std::memcpy(block + field.offset, &value, field.size);
  const uint64_t checksum =
      format::metadata_checksum(block, front.size() - image.metadata_offset());
  std::memcpy(block + offsetof(ImageHeader, metadata_checksum), &checksum, sizeof checksum);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.write(front.data(), static_cast<std::streamsize>(front.size()));
  file.flush();
  return file.good() ? 0 : complain(path + " cannot be written");
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--fields") return print_fields();
  const bool layout = arguments.size() == 2 && arguments[0] == "--layout";
  if (!layout && arguments.size() != 3)
    return complain("use: reseal IMAGE FIELD VALUE, reseal --layout IMAGE, or reseal --fields");
  const std::string& path = arguments[layout ? 1 : 0];
  const auto image = launcher::ImageFile::open(path);
  if (!image) return complain(image.error().sentence);
  if (layout) return print_layout(*image);
  for (const Field& field : kFields) {
    if (arguments[1] == field.name)
      return set(*image, path, field, std::stoull(arguments[2], nullptr, 0));
  }
  return complain("there is no field " + arguments[1]);
}

}  // namespace
}  // namespace pysnap::tests

int main(int argc, char** argv) { return pysnap::tests::run({argv + 1, argv + argc}); }
