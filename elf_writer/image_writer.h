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

// kDraft: not brought to stable storage, for an image that is thrown away.
enum class Purpose { kDraft, kFinal };

// Creates `path` (which must not exist, mode 0700) and writes the whole image, a final one to
// stable storage. On failure nothing is left behind.
support::Result<WrittenImage> write_image(const snapshot::Snapshot& snapshot,
                                          const ImageContents& contents, const std::string& path,
                                          Purpose purpose = Purpose::kFinal);

}  // namespace pysnap::elf_writer
