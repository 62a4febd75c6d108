// Lets a mutated image pass the seal: what stands behind it is read only with right checksums.
#pragma once

#include <cstdint>
#include <vector>

namespace pysnap::tests {

// Of a metadata block at `block` (aligned) of `size` bytes: magic, version, sizes, mark, checksum.
// Nothing when it is too short for a header.
void repair_block(unsigned char* block, uint64_t size, uint64_t file_size);

// The same for a whole file, with the checksum of its front. False: too short to be an image.
bool repair_image(std::vector<unsigned char>& file);

}  // namespace pysnap::tests
