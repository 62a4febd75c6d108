// Bytes as a file that has no name in any directory.
#pragma once

#include <cstddef>
#include <string>

namespace pysnap::tests {

class MemoryFile {
 public:
  MemoryFile(const void* bytes, size_t size);
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();
  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

}  // namespace pysnap::tests
