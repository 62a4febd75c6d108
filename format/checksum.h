// XXH3-64 as the image uses it, header-only so that the freestanding restorer can compute it too.
#pragma once

#define XXH_INLINE_ALL
#define XXH_NO_STREAM
#include <xxhash.h>

#include <cstdint>

#include "format/image_format.h"

namespace pysnap::format {

inline uint64_t checksum(const void* bytes, uint64_t size) { return XXH3_64bits(bytes, size); }

// Of a metadata block: the two fields of the seal count as zero. The header is copied for that,
// the tables are not; the two parts are chained by seed.
inline uint64_t metadata_checksum(const void* block, uint64_t size) {
  ImageHeader header = *static_cast<const ImageHeader*>(block);
  header.metadata_checksum = 0;
  header.complete = 0;
  const uint64_t front = checksum(&header, sizeof header);
  const unsigned char* rest = static_cast<const unsigned char*>(block) + sizeof header;
  return XXH3_64bits_withSeed(rest, size - sizeof header, front);
}

}  // namespace pysnap::format
