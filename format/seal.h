// The seal of an image, checked the same way by the restorer and by the commands.
#pragma once

#include "format/checksum.h"
#include "format/image_view.h"

namespace pysnap::format {

// Structure first, then the checksums of the file's front (the `front_size` bytes before the
// metadata block: ELF headers) and of the block itself. `block` must be 8-byte aligned.
inline RejectReason check_seal(const void* front, uint64_t front_size, const void* block,
                               uint64_t block_size, uint64_t file_size) {
  const RejectReason reason = ImageView::check(block, block_size, file_size);
  if (reason != RejectReason::kNone) return reason;
  const ImageHeader& header = ImageView(block).header();
  const bool whole = metadata_checksum(block, block_size) == header.metadata_checksum &&
                     checksum(front, front_size) == header.front_checksum;
  return whole ? RejectReason::kNone : RejectReason::kWrongChecksum;
}

}  // namespace pysnap::format
