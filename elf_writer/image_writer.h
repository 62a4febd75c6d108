// From a snapshot to an image file. The steps are in image_writer.cpp.
#pragma once

#include <string>

#include "elf_writer/image_contents.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::elf_writer {

struct WrittenImage {
  uint64_t size = 0;
  uint64_t regions = 0;
};

// Creates `path` (which must not exist, mode 0700) and writes the whole image to stable storage.
// On failure nothing is left behind.
support::Result<WrittenImage> write_image(const snapshot::Snapshot& snapshot,
                                          const ImageContents& contents, const std::string& path);

}  // namespace pysnap::elf_writer
