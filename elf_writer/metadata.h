// The metadata block: header, tables and strings of format/image_format.h, as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "elf_writer/image_contents.h"
#include "snapshot/snapshot.h"

namespace pysnap::elf_writer {

// The first segment is the restorer's, with the padding around it; the last one holds section names
// and headers. Between them lies one for each captured region, and one for the relocation table if
// there is one.
inline constexpr size_t kSegmentsBesidePages = 2;

// The size of the block depends only on its records and strings, so it can be made before the
// places of pages in the file are known, and filled in after.
class Metadata {
 public:
  Metadata(const snapshot::Snapshot& snapshot, const ImageContents& contents);

  uint64_t size() const { return bytes_.size(); }
  std::vector<std::byte>& bytes() { return bytes_; }

  format::ImageHeader& header();
  format::Region& region(size_t index);
  format::Segment& segment(size_t index);

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace pysnap::elf_writer
