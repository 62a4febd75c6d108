// Uses everything a checked view hands out, so that a sanitizer sees what lies outside.
#pragma once

#include "format/image_view.h"

namespace pysnap::tests {

// `size`: of the block. Returns a digest of all that was read, so that nothing is optimised away.
uint64_t walk(const format::ImageView& view, uint64_t size);

}  // namespace pysnap::tests
