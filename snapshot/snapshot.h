// A snapshot: the state of a frozen process as plain data. Knows nothing of files or launches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "format/image_format.h"
#include "snapshot/original_file.h"

namespace pysnap::snapshot {

// One mapping to be made again; `bytes` holds the pages of kImage regions.
struct CapturedRegion {
  uint64_t address = 0;
  uint64_t size = 0;
  format::RegionKind kind = format::RegionKind::kZero;
  uint32_t protection = 0;
  uint32_t file = 0;  // 1-based index into `files`; 0: none
  uint64_t file_offset = 0;
  uint32_t flags = 0;
  std::vector<std::byte> bytes;

  uint64_t end() const { return address + size; }
};

struct CapturedFile {
  OriginalFile original;
  format::FileRole role = format::FileRole::kMapped;
};

struct Snapshot {
  uint64_t arena_low = 0;
  uint64_t ceiling = 0;
  uint64_t mapping_count = 0;           // of the frozen process, before merging
  std::vector<CapturedRegion> regions;  // ascending address
  std::vector<CapturedFile> files;
  format::AgentState agent = {};
  format::KernelPage kernel_page = {};
  format::Processor processor = {};
};

}  // namespace pysnap::snapshot
