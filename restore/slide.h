// An image somewhere else than at its own place. The steps are in map_image().
#pragma once

#include "bare/process_start.h"
#include "restore/fitness.h"
#include "restore/launch_options.h"
#include "restore/open_image.h"

namespace pysnap::restore {

// How mapping an image went.
struct MappedImage {
  const char* pinned = nullptr;   // set: it is to move and cannot, as it has no relocation table
  const char* damaged = nullptr;  // set: its relocation table cannot be used
  int error = 0;                  // errno of a mapping that failed,
  uint64_t address = 0;           // and where
  format::Movement movement = {};
};

// Puts the captured memory where `options` wants it, and moves the image's metadata with it.
// Whatever the result, the process can still exec plain Python: nothing that was there before has
// been touched.
MappedImage map_image(const OpenImage& image, const LaunchOptions& options, const OpenFiles& files);

}  // namespace pysnap::restore
