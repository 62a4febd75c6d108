// The bytes of an image file that lies somewhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "format/relocation_table.h"
#include "format/slide.h"
#include "launcher/image_file.h"
#include "support/error.h"

namespace pysnap::launcher {

// A range of memory in a moved process.
struct ChangedRange {
  uint64_t address;
  std::vector<std::byte> bytes;
};

class MovedImage {
 public:
  // `relocations`: of the image, checked. Words are changed; what the agent changes is not.
  MovedImage(const ImageFile& image, const format::RelocationView& relocations, uint64_t ceiling);

  // What the agent of a process at that ceiling has changed. False: it is in no page of the file.
  bool apply(const ChangedRange& range);

  // Checksums and the seal, last of all.
  void seal();
  const std::vector<std::byte>& bytes() const { return bytes_; }
  uint64_t metadata_offset() const { return metadata_offset_; }

 private:
  format::ImageView view() const { return format::ImageView(metadata_.data()); }
  format::ImageHeader& header() {
    return *reinterpret_cast<format::ImageHeader*>(metadata_.data());
  }
  // The byte of the file that is at `address` of the moved image, if that and the next ones are.
  std::byte* find(uint64_t address, uint64_t size);
  void relocate(const format::RelocationView& relocations, uint64_t slide);
  void move_elf_headers(const format::Mover& mover);

  std::vector<std::byte> bytes_;
  std::vector<uint64_t> metadata_;
  uint64_t metadata_offset_;
  uint32_t last_region_ = 0;
};

}  // namespace pysnap::launcher
