// Opens an image and decides, before anything else is mapped, whether its metadata can be trusted.
#pragma once

#include <cstdint>

#include "format/image_view.h"

namespace pysnap::restore {

// An opened, checked image. The descriptor and the mapped metadata stay open until the launch
// closes the one and leaves the other to the process's end.
struct OpenImage {
  int descriptor = -1;
  int error = 0;                 // errno when the file could not be opened or read
  const char* reason = nullptr;  // why it is rejected; nullptr: it is sound
  const void* metadata = nullptr;

  format::ImageView view() const { return format::ImageView(metadata); }
};

OpenImage open_image(const char* path);

}  // namespace pysnap::restore
