// The cache of images that earlier runs have left, as a launch reads it.
//
// Layout (launcher/image_cache.h writes it): CACHE/KEY/ for each program, with the images of that
// program, one for each set of start-up variables it was launched with. KEY names the interpreter,
// the program and the options of Python; it need not be unique: an image that was made for another
// program holds modules that this one may not import, and nothing worse.
//
// Invariant: an image is taken from the cache only where the cache's directory, the program's
// directory in it and the image belong to the user or to root, nobody else can write them, and
// neither of the last two is a symbolic link.
#pragma once

#include <sys/stat.h>

#include "bare/path.h"
#include "bare/process_start.h"
#include "bare/text.h"
#include "restore/launch_options.h"
#include "restore/open_image.h"

namespace pysnap::restore {

// $PYSNAP_CACHE, else $XDG_CACHE_HOME/pysnap, else $HOME/.cache/pysnap; false: none of them is set.
bool find_cache(char** environment, bare::Path& cache);

// The interpreter of a launch that names none: that of the active virtual environment
// (VIRTUAL_ENV), else the first python3 on PATH that is no link to this program. False: there is
// none.
bool find_default_interpreter(char** environment, bare::Path& interpreter);

// What a launch knows its program's directory by.
uint64_t program_key(const char* interpreter, const LaunchOptions& options);

enum class Failure {
  kNone,     // or it counts no longer
  kPauses,   // less than an hour ago, and the configuration that it followed is as it was: trying
             // again at each launch costs more than it gains
  kMistake,  // in the configuration, which may be repaired at any time
};

// The directory of one program. Its descriptors are open until close().
class CachedProgram {
 public:
  // `key`: of the program. Not there yet, or not to be trusted: it has no images.
  CachedProgram(const char* cache, uint64_t key);

  const char* path() { return path_.text(); }

  // Why the directory is not used although it is there, or nullptr.
  const char* distrust() const { return distrust_; }

  // The next image, opened and checked; false at the end. Its `reason` says why it is rejected.
  bool next_image(OpenImage& image);

  // Of the image that next_image() gave last.
  const char* image_name() const { return name_; }

  // How the last build has failed.
  Failure failure() const;

  // Adds why the last build has failed, where one has.
  void explain_failure(bare::Message& explanation) const;

  // A launch goes on from one of its images: counted by the size of a file, dated by its time. How
  // many there have been, 0 where that cannot be counted.
  uint64_t count_hit() const;

  void close();

 private:
  bool examine(const char* name, int flags, struct stat& status) const;

  bare::Path path_;
  const char* distrust_ = nullptr;
  const char* name_ = "";
  int directory_ = -1;  // -1: there is none to be used
  alignas(8) char entries_[2048];
  long filled_ = 0;
  long position_ = 0;
};

}  // namespace pysnap::restore
