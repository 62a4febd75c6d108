// An image opened by a command, checked as a launch checks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "format/image_view.h"
#include "support/error.h"
#include "support/file.h"

namespace pysnap::launcher {

class ImageFile {
 public:
  // Rejects, with the reason, what a launch would reject.
  static support::Result<ImageFile> open(const std::string& path);

  // Compares the checksum of every segment; how many bytes that and the seal cover. `path`: for the
  // sentence.
  support::Result<uint64_t> check_segments(const std::string& path) const;

  format::ImageView view() const { return format::ImageView(metadata_.data()); }
  std::span<const std::byte> bytes() const { return file_.bytes(); }
  uint64_t metadata_offset() const { return metadata_offset_; }

 private:
  ImageFile(support::MappedFile file, std::vector<uint64_t> metadata, uint64_t offset)
      : file_(std::move(file)), metadata_(std::move(metadata)), metadata_offset_(offset) {}
  support::MappedFile file_;
  std::vector<uint64_t> metadata_;  // a copy, aligned for the records
  uint64_t metadata_offset_;
};

// The strings of a list in an image.
std::vector<std::string> texts_of(const format::ImageView& view,
                                  const format::Records<format::Text>& records);

}  // namespace pysnap::launcher
