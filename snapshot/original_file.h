// Identity of the files a process maps.
#pragma once

#include <cstdint>
#include <string>

#include "support/error.h"

namespace pysnap::snapshot {

struct OriginalFile {
  std::string path;
  uint64_t size = 0;
  uint64_t inode = 0;
  int64_t modified_seconds = 0;
  int64_t modified_nanoseconds = 0;
  std::string build_id;  // hexadecimal; empty: not an ELF file, or none
};

support::Result<OriginalFile> identify_file(const std::string& path);

}  // namespace pysnap::snapshot
