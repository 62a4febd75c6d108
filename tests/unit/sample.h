// What the unit tests share: a small snapshot with every kind of region, and scratch files.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "elf_writer/image_contents.h"
#include "elf_writer/metadata.h"
#include "snapshot/snapshot.h"

namespace pysnap::tests {

inline constexpr uint64_t kPage = format::kPageSize;
inline constexpr uint64_t kCeiling = 0x123400000000;

// Two captured runs below the arena, one in it, one stack; every other kind of region once.
snapshot::Snapshot sample_snapshot();
elf_writer::ImageContents sample_contents();
inline constexpr uint64_t kSampleData = kCeiling - 10 * kPage;  // captured, can be written
inline constexpr uint64_t kSampleText = kCeiling - 50 * kPage;  // captured, cannot
// Words of each region with captured pages, hashes and hash tables for the sample.
snapshot::Relocations sample_relocations();
// A position-independent ELF program with a text and a data segment that does nothing.
std::string sample_restorer();

// A block as a launch finds it: sealed, in a file of `kSampleFileSize` bytes.
inline constexpr uint64_t kSampleFileSize = 1 << 20;
elf_writer::Metadata sealed_metadata(const snapshot::Snapshot& snapshot = sample_snapshot(),
                                     const elf_writer::ImageContents& contents = sample_contents());
// Computes the checksum of the block again, after a test changed it.
void seal(elf_writer::Metadata& metadata);

// A directory of its own; removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);
// A program of the shell, executable.
void write_script(const std::string& path, const std::string& text);

// Sets or unsets an environment variable until the end of the scope.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value);
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ~ScopedVariable();

 private:
  std::string name_;
  std::string before_;
  bool was_set_;
};

}  // namespace pysnap::tests
