// Where a launch looks for images that were made in advance (`pysnap prewarm`), before it looks
// into the cache: in the directories of PYSNAP_PATH, then in `.pysnap` of the program's directory
// and of the ones above it. The program of `-m` lies where its interpreter does.
//
// A launch reads there and never writes. What the cache demands of its directories and images
// (restore/image_cache.h), it demands there too. The price where there is nothing of the kind: one
// failing open(2) for each directory above the program.
#pragma once

#include <cstdint>

#include "bare/path.h"
#include "restore/launch_options.h"

namespace pysnap::restore {

class PrewarmedPlaces {
 public:
  PrewarmedPlaces(char** environment, const LaunchOptions& options, const char* interpreter);

  // The next directory; nullptr: there is no other.
  const char* next();

  // Of the program in each of them.
  uint64_t key() const { return key_; }

 private:
  const char* next_named();

  const char* named_ = nullptr;    // the rest of PYSNAP_PATH, or nullptr
  char path_[bare::kLongestPath];  // of what lies where the search begins
  size_t end_ = 0;                 // of the part of it whose directory is next; 0: there is none
  uint64_t key_ = 0;
  bare::Path place_;
};

}  // namespace pysnap::restore
