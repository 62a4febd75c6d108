// The only user of libelf: writes headers, sections and their bytes where a plan puts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/error.h"
#include "support/file.h"

namespace pysnap::elf_writer {

struct ElfSection {
  std::string name;
  uint32_t type = 0;   // SHT_*
  uint64_t flags = 0;  // SHF_*
  uint64_t address = 0;
  uint64_t offset = 0;
  uint64_t alignment = 1;
  uint64_t size = 0;                               // of SHT_NOBITS sections
  std::vector<std::span<const std::byte>> pieces;  // the bytes, one after the other; not owned
};

struct ElfSegment {
  uint32_t type = 0;
  uint32_t flags = 0;
  uint64_t offset = 0;
  uint64_t address = 0;
  uint64_t file_size = 0;
  uint64_t memory_size = 0;
  uint64_t alignment = 1;
};

struct ElfFile {
  uint64_t entry = 0;
  std::vector<ElfSegment> segments;
  std::vector<ElfSection> sections;  // without the first, empty one
  uint64_t names_offset = 0;         // the section names are added by the writer
};

// Writes an ET_EXEC file for x86-64; returns its size. On failure the file's content is undefined.
support::Result<uint64_t> write_elf(const ElfFile& elf, const support::File& file);

}  // namespace pysnap::elf_writer
