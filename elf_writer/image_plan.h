// Where everything lies in the file: a pure plan from sizes to offsets, made before a byte is
// written.
//
//   ELF header | program headers | metadata block | restorer | captured pages | relocations |
//   section names | section headers
//
// The part up to the restorer is the front. It is also a PT_LOAD at the ceiling of the arena, with
// the restorer behind it, so that the kernel can execute the image and the restorer finds the
// program headers in memory. Captured pages keep their order by address, and neighbours in memory
// are neighbours in the file: the restorer and the page cache both profit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elf_writer/metadata.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::elf_writer {

// A loadable part of the embedded restorer, relative to its base.
struct RestorerSegment {
  uint64_t address;
  uint64_t file_offset;  // in the restorer's own file
  uint64_t file_size;
  uint64_t memory_size;
  uint32_t flags;  // PF_*
};

struct RestorerLayout {
  uint64_t entry;
  std::vector<RestorerSegment> segments;
};

// Rejects a restorer that could not run at another address: it must have no relocations.
support::Result<RestorerLayout> read_restorer(const std::string& bytes);

// A run of captured pages that one program header covers.
struct LoadRun {
  uint64_t address;
  uint64_t size;
  uint64_t offset;
  uint32_t flags;
};

struct ImagePlan {
  uint64_t metadata_offset = 0;
  uint64_t restorer_offset = 0;  // page-aligned
  uint64_t restorer_address = 0;
  uint64_t pages_offset = 0;
  std::vector<uint64_t> region_offsets;  // per region; 0 where a region has no pages here
  std::vector<LoadRun> runs;
  uint64_t relocation_offset = 0;
  uint64_t names_offset = 0;
  uint64_t sections_offset = 0;
  uint64_t program_header_count = 0;
};

// `relocation_size`: of the relocation table; 0: there is none.
ImagePlan plan_image(const snapshot::Snapshot& snapshot, uint64_t metadata_size,
                     const RestorerLayout& restorer, uint64_t relocation_size);

}  // namespace pysnap::elf_writer
