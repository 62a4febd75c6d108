// Opens an image and decides, before anything else is mapped, whether its metadata can be trusted.
#pragma once

#include <cstdint>

#include "format/image_view.h"

namespace pysnap::restore {

// An opened, checked image. The descriptor and the metadata in memory stay open until the launch
// closes the one and leaves the other to the process's end.
struct OpenImage {
  int descriptor = -1;
  int error = 0;                 // errno when the file could not be opened or read
  const char* reason = nullptr;  // why it is rejected; nullptr: it is sound
  void* metadata = nullptr;      // a copy of this process's own

  format::ImageView view() const { return format::ImageView(metadata); }
};

// The relocation table of an image, in memory of its own, checked: nothing of it lies outside the
// image. `table` is nullptr where there is none that can be used, and `reason` says why.
struct OpenRelocations {
  const void* table;
  const char* reason;
};
OpenRelocations open_relocations(const OpenImage& image);

// Whether the opened file still has the size that was checked: pages behind its end would end the
// process with SIGBUS.
bool has_its_size(const OpenImage& image);

// The file a user has named. It is used only if nobody but the user and root can change it.
OpenImage open_image(const char* path);

// The file that was executed, which the kernel runs already.
OpenImage open_executed_image();

// An image in the cache, through its open directory; not through a symbolic link.
OpenImage open_image_in(int directory, const char* name);

}  // namespace pysnap::restore
