// A path that is put together in a fixed buffer. One that is too long is empty and names no file.
#pragma once

#include "bare/text.h"

namespace pysnap::bare {

inline constexpr size_t kLongestPath = 4096;  // PATH_MAX

class Path {
 public:
  Path& add(const char* text) { return add(text, length_of(text)); }
  Path& add(const char* text, size_t size) {
    if (size >= kLongestPath - size_) is_cut_ = true;
    for (size_t i = 0; i < size && !is_cut_; ++i) bytes_[size_++] = text[i];
    return *this;
  }
  // The directory of an entry of PATH: an empty one is the working directory.
  Path& add_entry(const Part& entry) {
    return entry.size == 0 ? add(".") : add(entry.begin, entry.size);
  }
  const char* text() {
    bytes_[is_cut_ ? 0 : size_] = 0;
    return bytes_;
  }

 private:
  char bytes_[kLongestPath];
  size_t size_ = 0;
  bool is_cut_ = false;
};

}  // namespace pysnap::bare
