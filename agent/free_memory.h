// Memory that was given back before the freeze: what it held would travel in the image.
#pragma once

namespace pysnap::agent {

// Overwrites the free blocks of Python's allocator with zeros, so that a text which an import has
// read and dropped (a token of the builder's environment) is in no image. Other allocators are left
// alone. Nothing of Python may run meanwhile.
void wipe_free_blocks();

}  // namespace pysnap::agent
