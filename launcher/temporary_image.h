// An image under another name, beside the one it will have.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

// Stands between the name of an image and the builder's pid while the image is made.
inline constexpr const char* kTemporaryMark = ".building-";

// A name beside the output that disappears unless it was published.
class TemporaryImage {
 public:
  explicit TemporaryImage(const std::string& output);
  TemporaryImage(const TemporaryImage&) = delete;
  TemporaryImage& operator=(const TemporaryImage&) = delete;
  ~TemporaryImage();
  const std::string& path() const { return path_; }

  // rename(2) replaces an older image in one step; running launches keep the one they mapped.
  support::Status publish(const std::string& output);

 private:
  std::string path_;
  bool published_ = false;
};

// What builds that were killed left beside the output: their names end with a process that is gone.
void remove_abandoned(const std::string& output);

}  // namespace pysnap::launcher
