// write-seeds DIRECTORY: inputs of the image targets to begin with, made by the writer of images,
// so that they are always of the present format.
#include <cstdio>
#include <filesystem>

#include "elf_writer/image_writer.h"
#include "elf_writer/relocation_bytes.h"
#include "format/python_options.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

// The sample without its larger regions: a fuzzer likes short inputs.
snapshot::Snapshot tiny_snapshot() {
  snapshot::Snapshot snapshot = sample_snapshot();
  snapshot.regions.erase(snapshot.regions.begin() + 7, snapshot.regions.end());
  snapshot.regions.erase(snapshot.regions.begin() + 1);
  snapshot.regions.front().size = kPage;
  snapshot.regions.front().bytes.resize(kPage);
  return snapshot;
}

elf_writer::ImageContents with_program() {
  elf_writer::ImageContents contents = sample_contents();
  contents.program = "/program.py";
  contents.program_kind = static_cast<uint32_t>(format::ProgramKind::kCheckpoint);
  return contents;
}

elf_writer::ImageContents with_little() {
  elf_writer::ImageContents contents = sample_contents();
  contents.modules.clear();
  contents.notices.clear();
  contents.startup.clear();
  contents.options.clear();
  contents.hot_runs.clear();
  return contents;
}

// As many words as an image may have, and a longer table of texts: one more must be noticed.
elf_writer::ImageContents with_most_options() {
  elf_writer::ImageContents contents = with_little();
  contents.options.assign(format::kMostIdentityWords, "-b");
  contents.modules.assign(format::kMostIdentityWords + 1, "json");
  return contents;
}

void write_block(const std::string& path, const elf_writer::ImageContents& contents) {
  const elf_writer::Metadata metadata = sealed_metadata(sample_snapshot(), contents);
  elf_writer::Metadata copy = metadata;
  write_file(path, {reinterpret_cast<const char*>(copy.bytes().data()), copy.size()});
}

void write_table(const std::string& path, const snapshot::Relocations& relocations) {
  const std::vector<std::byte> bytes = elf_writer::relocation_bytes(relocations);
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void write_tables(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  snapshot::Relocations relocations = sample_relocations();
  write_table(directory / "sample", relocations);
  write_table(directory / "empty", {});
  for (uint64_t place = kSampleData; place < kSampleData + kPage; place += 8)
    relocations.words.push_back({place, format::RelocationKind::kAddress});
  relocations.arena_tree = {kSampleData, 5, 5};
  write_table(directory / "run", relocations);
}

bool write_seeds(const std::filesystem::path& directory) {
  const std::filesystem::path blocks = directory / "image_view";
  const std::filesystem::path images = directory / "image_file";
  std::filesystem::create_directories(blocks);
  std::filesystem::create_directories(images);
  write_tables(directory / "relocation_table");
  const std::pair<const char*, elf_writer::ImageContents> kinds[] = {
      {"sample", sample_contents()},
      {"program", with_program()},
      {"little", with_little()},
      {"options", with_most_options()}};
  bool good = true;
  for (const auto& [name, contents] : kinds) {
    write_block(blocks / name, contents);
    std::filesystem::remove(images / name);
    good = elf_writer::write_image(tiny_snapshot(), contents, images / name).has_value() && good;
  }
  return good;
}

}  // namespace
}  // namespace pysnap::tests

int main(int argc, char** argv) {
  if (argc == 2 && pysnap::tests::write_seeds(argv[1])) return 0;
  std::fputs("write-seeds: use: write-seeds DIRECTORY, which must be writable\n", stderr);
  return 1;
}
