#include "snapshot/original_file.h"

#include <elf.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

template <typename T>
void append(std::string& bytes, const T& record) {
  bytes.append(reinterpret_cast<const char*>(&record), sizeof record);
}

std::string note(uint32_t type, const std::string& name, const std::string& content) {
  std::string bytes;
  append(bytes, Elf64_Nhdr{static_cast<Elf64_Word>(name.size() + 1),
                           static_cast<Elf64_Word>(content.size()), type});
  bytes += name;
  do bytes += '\0';
  while (bytes.size() % 4 != 0);
  bytes += content;
  while (bytes.size() % 4 != 0) bytes += '\0';
  return bytes;
}

// An ELF file of one note segment.
std::string elf_with_notes(const std::string& notes) {
  std::string bytes;
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_phoff = sizeof header;
  header.e_phnum = 1;
  append(bytes, header);
  Elf64_Phdr segment = {};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = notes.size();
  append(bytes, segment);
  return bytes + notes;
}

std::string build_id_of(const std::string& bytes) {
  const TemporaryDirectory directory;
  write_file(directory.path("library.so"), bytes);
  const auto file = snapshot::identify_file(directory.path("library.so"));
  REQUIRE(file);
  return file->build_id;
}

TEST_CASE("a file is known by path, size, inode and time") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("file");
  write_file(path, "content");
  struct stat status;
  REQUIRE(::stat(path.c_str(), &status) == 0);
  const auto file = snapshot::identify_file(path);
  REQUIRE(file);
  CHECK(file->path == path);
  CHECK(file->size == 7);
  CHECK(file->inode == status.st_ino);
  CHECK(file->modified_seconds == status.st_mtim.tv_sec);
  CHECK(file->modified_nanoseconds == status.st_mtim.tv_nsec);
  CHECK(file->build_id.empty());
}

TEST_CASE("a build id is found behind other notes") {
  const std::string id("\xde\xad\xbe\xef\x01", 5);
  CHECK(build_id_of(elf_with_notes(note(NT_GNU_BUILD_ID, "GNU", id))) == "deadbeef01");
  CHECK(build_id_of(elf_with_notes(note(NT_GNU_ABI_TAG, "GNU", "12345678") +
                                   note(NT_GNU_BUILD_ID, "GNU", id))) == "deadbeef01");
}

TEST_CASE("a note of another owner is no build id") {
  CHECK(build_id_of(elf_with_notes(note(NT_GNU_BUILD_ID, "ABC", "12345678"))).empty());
}

TEST_CASE("an ELF file cut anywhere has a build id or none, never another one") {
  const std::string whole = elf_with_notes(note(NT_GNU_BUILD_ID, "GNU", "\x12\x34\x56\x78"));
  for (size_t size = 1; size < whole.size(); ++size) {
    INFO("cut to " << size << " bytes");
    CHECK(build_id_of(whole.substr(0, size)).empty());
  }
  CHECK(build_id_of(whole) == "12345678");
}

TEST_CASE("headers with impossible numbers give no build id") {
  const std::string whole = elf_with_notes(note(NT_GNU_BUILD_ID, "GNU", "\x12\x34\x56\x78"));
  const auto with = [&](auto change) {
    std::string bytes = whole;
    change(reinterpret_cast<Elf64_Ehdr*>(bytes.data()),
           reinterpret_cast<Elf64_Phdr*>(bytes.data() + sizeof(Elf64_Ehdr)),
           reinterpret_cast<Elf64_Nhdr*>(bytes.data() + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr)));
    return build_id_of(bytes);
  };
  CHECK(with([](auto* h, auto*, auto*) { h->e_phoff = ~uint64_t{0} - 20; }).empty());
  CHECK(with([](auto* h, auto*, auto*) { h->e_phoff = 1 << 20; }).empty());
  CHECK(with([](auto*, auto* s, auto*) { s->p_offset = ~uint64_t{0}; }).empty());
  CHECK(with([](auto*, auto* s, auto*) { s->p_filesz = ~uint64_t{0}; }).empty());
  CHECK(with([](auto*, auto*, auto* n) { n->n_descsz = ~0u; }).empty());
  CHECK(with([](auto*, auto*, auto* n) { n->n_namesz = ~0u; }).empty());
}

TEST_CASE("a missing file cannot be identified, and the sentence names it") {
  const auto file = snapshot::identify_file("/nowhere/library.so");
  REQUIRE_FALSE(file);
  CHECK(file.error().sentence.find("/nowhere/library.so") != std::string::npos);
}

}  // namespace
}  // namespace pysnap::tests
