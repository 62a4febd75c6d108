// Every byte of an image file with a label: the total equals the file size, or something in the
// file is unaccounted for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/image_file.h"

namespace pysnap::launcher {

struct LabelledRange {
  uint64_t offset;
  uint64_t size;
  std::string label;
};

// Ranges in file order without gaps or overlaps; bytes between parts are labelled "padding".
std::vector<LabelledRange> label_bytes(const ImageFile& image);

}  // namespace pysnap::launcher
