// Owners of descriptors and the few file operations the hosted programs share.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/error.h"

namespace pysnap::support {

// Owns one descriptor; closes it when destroyed. Move-only.
class File {
 public:
  static Result<File> open_read(const std::string& path);
  // Created for writing with mode 0600, must not exist.
  static Result<File> create_new(const std::string& path, mode_t mode);
  static File adopt(int descriptor) { return File(descriptor); }

  File(File&& other) noexcept : descriptor_(other.release()) {}
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  int descriptor() const { return descriptor_; }
  int release();
  void close();

  // Up to `bytes.size()` bytes; fewer only at the end of the file.
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> bytes) const;
  Status write_at(uint64_t offset, std::span<const std::byte> bytes) const;
  // Brings what was written to stable storage.
  Status synchronise() const;
  Result<struct stat> status() const;

 private:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// A whole file, or one of /proc whose size is not known before.
Result<std::string> read_text(const std::string& path);

// A read-only mapping of a whole file. Move-only.
class MappedFile {
 public:
  static Result<MappedFile> map(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace pysnap::support
