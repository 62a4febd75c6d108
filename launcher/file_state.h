// What is found at a path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/image_format.h"

namespace pysnap::launcher {

// Identity counts for files only; a directory is never kListed here.
struct FileState {
  format::DependencyKind kind = format::DependencyKind::kMissing;
  uint64_t size = 0;
  uint64_t inode = 0;
  int64_t modified_seconds = 0;
  uint32_t modified_nanoseconds = 0;
};

// What stat(2) says now; what cannot be examined counts as missing.
FileState examine_path(const std::string& path);

// The entries of a directory; none where it cannot be listed.
std::vector<std::string> names_in(const std::string& directory);

// An absolute path without empty components and those that are "."; `path` counts from `base`.
// ".." stays: what it means depends on symbolic links.
std::string plain_path(const std::string& base, const std::string& path);

}  // namespace pysnap::launcher
