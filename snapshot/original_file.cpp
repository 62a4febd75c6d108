#include "snapshot/original_file.h"

#include <elf.h>

#include <cstring>
#include <span>

#include "support/file.h"

namespace pysnap::snapshot {
namespace {

using support::Result;

// The note GNU/3 (gABI chapter 5, "Note Section"); every offset is checked against the file.
std::string build_id_in(std::span<const std::byte> note) {
  while (note.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    std::memcpy(&header, note.data(), sizeof header);
    const uint64_t name = (uint64_t{header.n_namesz} + 3) & ~uint64_t{3};
    const uint64_t size = sizeof header + name + ((uint64_t{header.n_descsz} + 3) & ~uint64_t{3});
    if (size > note.size()) break;
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(note.data() + sizeof header, "GNU", 4) == 0) {
      std::string text;
      for (const std::byte byte : note.subspan(sizeof header + name, header.n_descsz))
        text += fmt::format("{:02x}", static_cast<unsigned>(byte));
      return text;
    }
    note = note.subspan(size);
  }
  return "";
}

std::string build_id_of(std::span<const std::byte> file) {
  Elf64_Ehdr header;
  if (file.size() < sizeof header) return "";
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const uint64_t at = header.e_phoff + i * sizeof segment;
    if (at > file.size() || sizeof segment > file.size() - at) break;
    std::memcpy(&segment, file.data() + at, sizeof segment);
    if (segment.p_type != PT_NOTE || segment.p_offset > file.size() ||
        segment.p_filesz > file.size() - segment.p_offset)
      continue;
    const std::string found = build_id_in(file.subspan(segment.p_offset, segment.p_filesz));
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace

Result<OriginalFile> identify_file(const std::string& path) {
  Result<support::MappedFile> mapped = support::MappedFile::map(path);
  if (!mapped) return support::fail(mapped.error());
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return support::fail(support::Error::from_errno(path));
  OriginalFile file;
  file.path = path;
  file.size = static_cast<uint64_t>(status.st_size);
  file.inode = status.st_ino;
  file.modified_seconds = status.st_mtim.tv_sec;
  file.modified_nanoseconds = status.st_mtim.tv_nsec;
  file.build_id = build_id_of(mapped->bytes());
  return file;
}

}  // namespace pysnap::snapshot
