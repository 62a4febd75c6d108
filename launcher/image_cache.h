// The cache of images that runs leave for later launches (restore/image_cache.h reads it).
//
//   CACHE/KEY/            a program: mode 0700, like CACHE
//     VARIANT.image       mode 0600; VARIANT names the values of the start-up variables
//     about.json          what the program is, and why it had no image when it last ran without one
//     hits                a byte for each launch from an image; its time is that of the last one
//     failed              why the last build failed; no try for an hour, unless its time is 0
//     configuration       a link to the file that the failed build followed; a try when it is newer
//     lock                held (flock(2)) by the one build of this program; a dead process holds
//                         nothing
//   CACHE/lock            held by the one build that runs in the background
//
// Invariant: an image appears under its name complete and proven, or not at all, and what is not
// ours is never removed: only names as above, in directories with names as above.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/error.h"
#include "support/file.h"

namespace pysnap::launcher {

inline constexpr uint64_t kDefaultCacheSize = uint64_t{2} << 30;  // bytes of all images

// $PYSNAP_CACHE, else $XDG_CACHE_HOME/pysnap, else ~/.cache/pysnap.
support::Result<std::string> cache_directory();

struct ProgramAbout {
  std::string program;  // its command line
  std::string interpreter;
  std::string working_directory;
  std::string reason;  // of the last run without an image
  std::string script;  // absolute; empty: the program is no script
  std::string module;  // empty: the program is no module
};

inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

struct CachedImage {
  std::string path;
  uint64_t size = 0;  // bytes
  int64_t made = 0;   // nanoseconds since the epoch
};

struct CachedProgram {
  std::string key;
  std::string directory;
  ProgramAbout about;
  std::vector<CachedImage> images;  // the newest first
  uint64_t hits = 0;
  int64_t last_used = 0;  // nanoseconds since the epoch: a launch, else the newest image
  std::optional<std::string> failure;

  uint64_t size() const;
};

// All programs, the one that was used last first. No cache is an empty one.
support::Result<std::vector<CachedProgram>> list_cache();

// Makes the directory of a program, and the cache's.
support::Status make_program_directory(const std::string& directory);

enum class IfLocked { kWait, kGiveUp };

// Held while it lives; nothing when another process has it and that is not waited for.
support::Result<std::optional<support::File>> lock_directory(const std::string& directory,
                                                             IfLocked if_locked);

// For whoever holds the lock: removes what builds that were killed have left.
void remove_unfinished(const std::string& directory);

support::Status write_about(const std::string& directory, const ProgramAbout& about);
// `configuration`: the file that the build followed, which ends the pause when it changes; or
// empty.
void note_failure(const std::string& directory, const std::string& sentence,
                  const std::string& configuration);
// The configuration cannot be read: finding that out costs nothing, so there is no pause.
void note_mistake(const std::string& directory, const std::string& sentence);
void forget_failure(const std::string& directory);

// Gives a new image its name and removes variants beyond the fourth, the oldest first.
// `configuration`: which one, where that depends on the working directory; else empty.
support::Status publish_variant(const std::string& directory, const std::string& image,
                                const std::string& configuration);

// Removes programs, those not used for longest first, until the images take no more than `limit`
// bytes; then what builds that were killed have left. Returns what was removed.
support::Result<std::vector<CachedProgram>> prune_cache(uint64_t limit);

// Removes everything.
support::Result<std::vector<CachedProgram>> clear_cache();

// PYSNAP_CACHE_SIZE in bytes, with K, M or G behind it; else the default.
support::Result<uint64_t> cache_limit();

}  // namespace pysnap::launcher
