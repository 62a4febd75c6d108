// One record of what getdents64(2) writes.
#pragma once

#include <cstdint>

namespace pysnap::bare {

struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;  // of this record: the next one follows
  uint8_t type;
  char name[1];  // as long as it is, with a terminator
};

}  // namespace pysnap::bare
