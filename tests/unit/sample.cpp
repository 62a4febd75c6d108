#include "unit/sample.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "format/checksum.h"
#include "format/processor_x86_64.h"

namespace pysnap::tests {
namespace {

using format::RegionKind;
using snapshot::CapturedRegion;

CapturedRegion region(uint64_t address, uint64_t pages, RegionKind kind, uint32_t protection) {
  CapturedRegion result;
  result.address = address;
  result.size = pages * kPage;
  result.kind = kind;
  result.protection = protection;
  if (kind == RegionKind::kImage) {
    result.bytes.resize(result.size);
    for (size_t i = 0; i < result.size; ++i)
      result.bytes[i] = static_cast<std::byte>((i * 7 + address / kPage) & 0xff);
  }
  return result;
}

snapshot::CapturedFile file(const std::string& path) {
  snapshot::CapturedFile result;
  result.original = {path, 123456, 42, 1700000000, 5, "c0ffee"};
  return result;
}

// Every kind, in a directory of their own and elsewhere.
std::vector<elf_writer::Dependency> sample_dependencies() {
  using format::DependencyKind;
  std::vector<elf_writer::Dependency> dependencies(6);
  dependencies[0] = {"/etc/one", {DependencyKind::kMissing}, {}};
  dependencies[1] = {
      "/lib/a.py", {DependencyKind::kFile, 10, 11, 1700000000, 12, 1700000002, 15, 16}, {}};
  dependencies[2] = {"/lib/b", {DependencyKind::kListed, 0, 13, 1700000001, 14, 0, 0, 0}, {}};
  dependencies[2].listing = {format::kPathFiles, {3, 5, 7}, 99};
  dependencies[3] = {"/lib/c", {DependencyKind::kDirectory}, {}};
  dependencies[4] = {"/lib/d", {DependencyKind::kOther}, {}};
  dependencies[5] = dependencies[2];
  dependencies[5].path = "/lib/e";
  return dependencies;
}

template <typename T>
void put(std::string& bytes, size_t offset, const T& record) {
  std::memcpy(bytes.data() + offset, &record, sizeof record);
}

}  // namespace

snapshot::Snapshot sample_snapshot() {
  snapshot::Snapshot snapshot;
  snapshot.ceiling = kCeiling;
  snapshot.arena_low = kCeiling - 64 * kPage;
  snapshot.mapping_count = 12;
  snapshot.files = {file("/usr/bin/python3.11"), file("/usr/lib/libz.so")};
  const uint64_t low = 0x400000;
  snapshot.regions = {
      region(low, 2, RegionKind::kImage, PROT_READ),
      region(low + 2 * kPage, 1, RegionKind::kImage, PROT_READ | PROT_WRITE),
      region(low + 8 * kPage, 4, RegionKind::kFile, PROT_READ | PROT_EXEC),
      region(kCeiling - 64 * kPage, 3, RegionKind::kSharedFile, PROT_READ),
      region(kCeiling - 60 * kPage, 2, RegionKind::kZero, PROT_READ | PROT_WRITE),
      region(kCeiling - 58 * kPage, 5, RegionKind::kReserved, PROT_NONE),
      region(kCeiling - 50 * kPage, 1, RegionKind::kImage, PROT_READ | PROT_EXEC),
      region(kCeiling - 40 * kPage, 30, RegionKind::kStack, PROT_READ | PROT_WRITE),
      region(kCeiling - 10 * kPage, 10, RegionKind::kImage, PROT_READ | PROT_WRITE),
  };
  snapshot.regions[2].file = 1;
  snapshot.regions[2].file_offset = 6 * kPage;
  snapshot.regions[3].file = 2;
  snapshot.regions[4].flags = format::kWipeOnFork;
  snapshot.agent.magic = format::kAgentMagic;
  snapshot.agent.resume_entry = low + 8 * kPage;
  snapshot.agent.resume_stack_pointer = kCeiling - 9 * kPage;
  snapshot.processor = format::this_processor();
  return snapshot;
}

snapshot::Relocations sample_relocations() {
  snapshot::Relocations relocations;
  relocations.words = {{0x400000 + 2 * kPage, format::RelocationKind::kAddress},
                       {kSampleText + 16, format::RelocationKind::kAddress},
                       {kSampleData, format::RelocationKind::kAddress},
                       {kSampleData + 10, format::RelocationKind::kAddress},
                       {kSampleData + 24, format::RelocationKind::kIdentityHash}};
  relocations.hashes = {{kSampleData + 32, format::HashRule::kOfNext, 0},
                        {kSampleData + 64, format::HashRule::kOfPrevious, 0},
                        {kSampleData + 72, format::HashRule::kForgotten, 0}};
  relocations.tables = {
      {kSampleData + kPage, kSampleData + kPage + 8, 5, 1, 3, format::TableKind::kDictionary},
      {kSampleData + 2 * kPage, kSampleData + 80, 0, 16, 3, format::TableKind::kSet}};
  return relocations;
}

elf_writer::ImageContents sample_contents() {
  elf_writer::ImageContents contents;
  contents.interpreter = "/venv/bin/python";
  contents.interpreter_version = "3.11.2";
  contents.interpreter_file = "/usr/bin/python3.11";
  contents.modules = {"sys", "json", "json.decoder"};
  contents.notices = {"3 native threads were shed"};
  contents.startup = {{"LANG", "C.UTF-8"}, {"PYTHONPATH", std::nullopt}, {"LC_ALL", ""}};
  contents.captured = {"TOKEN"};
  contents.options = {"-X", "dev", "-E"};
  contents.hot_runs = {{kCeiling - 10 * kPage, 2 * kPage}};
  contents.dependencies = sample_dependencies();
  contents.restorer = sample_restorer();
  contents.created_seconds = 1700000000;
  contents.generation = 0x1234567890abcdef;
  return contents;
}

std::string sample_restorer() {
  constexpr uint64_t kTextSize = 0x200;
  constexpr uint64_t kDataSize = 0x40;
  std::string bytes(kTextSize + kDataSize, '\x90');
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_type = ET_DYN;
  header.e_entry = 0x180;
  header.e_phoff = sizeof header;
  header.e_phnum = 2;
  put(bytes, 0, header);
  Elf64_Phdr text = {};
  text.p_type = PT_LOAD;
  text.p_flags = PF_R | PF_X;
  text.p_filesz = text.p_memsz = kTextSize;
  put(bytes, sizeof header, text);
  Elf64_Phdr data = {};
  data.p_type = PT_LOAD;
  data.p_flags = PF_R | PF_W;
  data.p_vaddr = kPage + kTextSize;
  data.p_offset = kTextSize;
  data.p_filesz = kDataSize;
  data.p_memsz = kDataSize + 0x100;
  put(bytes, sizeof header + sizeof text, data);
  return bytes;
}

elf_writer::Metadata sealed_metadata(const snapshot::Snapshot& snapshot,
                                     const elf_writer::ImageContents& contents) {
  elf_writer::Metadata metadata(snapshot, contents);
  uint64_t offset = 16 * kPage;
  for (size_t i = 0; i < snapshot.regions.size(); ++i) {
    if (snapshot.regions[i].kind != RegionKind::kImage) continue;
    metadata.region(i).offset = offset;
    offset += snapshot.regions[i].size;
  }
  metadata.header().file_size = kSampleFileSize;
  seal(metadata);
  return metadata;
}

void seal(elf_writer::Metadata& metadata) {
  metadata.header().metadata_checksum =
      format::metadata_checksum(metadata.bytes().data(), metadata.size());
  metadata.header().complete = format::kComplete;
}

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "pysnap-unit-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryDirectory::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  return names;
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_script(const std::string& path, const std::string& text) {
  write_file(path, "#!/bin/sh\n" + text);
  if (::chmod(path.c_str(), 0755) != 0) throw std::runtime_error("no executable script");
}

ScopedVariable::ScopedVariable(const char* name, const char* value) : name_(name) {
  const char* before = std::getenv(name);
  was_set_ = before != nullptr;
  if (was_set_) before_ = before;
  if (value == nullptr)
    ::unsetenv(name);
  else
    ::setenv(name, value, 1);
}

ScopedVariable::~ScopedVariable() {
  if (was_set_)
    ::setenv(name_.c_str(), before_.c_str(), 1);
  else
    ::unsetenv(name_.c_str());
}

}  // namespace pysnap::tests
