#include "restore/dependencies.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "bare/directory_entry.h"
#include "bare/system_call.h"
#include "format/listing.h"

namespace pysnap::restore {
namespace {

using format::Dependency;
using format::DependencyFolder;
using format::DependencyKind;
using format::ImageView;

constexpr long kAtCurrentDirectory = -100;
constexpr long kDirectoryOnly = 0200000;  // O_DIRECTORY
constexpr long kPathOnly = 010000000;     // O_PATH
constexpr long kCloseOnExec = 02000000;
constexpr long kNonBlocking = 04000;

// Owns the descriptor of a directory; one that could not be opened has none, and nothing is in it.
class Directory {
 public:
  Directory(int at, const char* path, long flags)
      : descriptor_(static_cast<int>(bare::system_call(SYS_openat, at, bare::as_word(path),
                                                       kDirectoryOnly | kCloseOnExec | flags)
                                         .raw)) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    if (descriptor_ >= 0) bare::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Found {
  DependencyKind kind = DependencyKind::kMissing;
  struct stat status;
};

Found examine(int at, const char* name) {
  Found found;
  if (bare::system_call(SYS_newfstatat, at, bare::as_word(name), bare::as_word(&found.status), 0)
          .failed())
    return found;
  found.kind = S_ISREG(found.status.st_mode)   ? DependencyKind::kFile
               : S_ISDIR(found.status.st_mode) ? DependencyKind::kDirectory
                                               : DependencyKind::kOther;
  return found;
}

bool same_modified(const Dependency& then, const struct stat& now) {
  return then.modified_seconds == now.st_mtim.tv_sec &&
         then.modified_nanoseconds == static_cast<uint64_t>(now.st_mtim.tv_nsec);
}

bool same_changed(const Dependency& then, const struct stat& now) {
  return then.changed_seconds == now.st_ctim.tv_sec &&
         then.changed_nanoseconds == static_cast<uint64_t>(now.st_ctim.tv_nsec);
}

// Where one file after the other is read to; memory only when the first one is.
class Scratch {
 public:
  static constexpr uint64_t kSize = format::kMostDigestedBytes + 1;

  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (bytes_ != nullptr)
      bare::system_call(SYS_munmap, bare::as_word(bytes_), static_cast<long>(kSize));
  }
  // Nullptr: there is no room.
  char* bytes() {
    constexpr int kMemory = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (bytes_ != nullptr) return bytes_;
    const bare::SystemResult mapped = bare::map(0, kSize, PROT_READ | PROT_WRITE, kMemory, -1, 0);
    if (!mapped.failed()) bytes_ = reinterpret_cast<char*>(mapped.raw);
    return bytes_;
  }

 private:
  char* bytes_ = nullptr;
};

// Read, not mapped: a file that somebody cuts meanwhile must not end the launch (SIGBUS).
bool same_bytes(const Dependency& then, int at, const char* name, Scratch& scratch) {
  if (then.digest == 0 || then.size > format::kMostDigestedBytes) return false;
  char* bytes = scratch.bytes();
  if (bytes == nullptr) return false;
  const bare::SystemResult file =
      bare::system_call(SYS_openat, at, bare::as_word(name), kCloseOnExec | kNonBlocking);
  if (file.failed()) return false;
  const int descriptor = static_cast<int>(file.raw);
  // One more byte would show that it has grown.
  const uint64_t size = bare::read_front(descriptor, bytes, then.size + 1);
  bare::close(descriptor);
  return size == then.size && format::checksum(bytes, size) == then.digest;
}

// A directory that cannot be listed to its end has no digest.
bool digest_of(int at, const char* name, const format::ListingRules& wanted, uint64_t& digest) {
  const Directory directory(at, name, 0);
  alignas(8) static char entries[32768];
  digest = 0;
  for (;;) {
    const bare::SystemResult got = bare::system_call(SYS_getdents64, directory.descriptor(),
                                                     bare::as_word(entries), sizeof entries);
    if (got.failed()) return false;
    if (got.raw == 0) return true;
    for (long place = 0; place < got.raw;) {
      const auto* entry = reinterpret_cast<const bare::DirectoryEntry*>(entries + place);
      digest += format::name_digest(wanted, entry->name, bare::length_of(entry->name));
      place += entry->size;
    }
  }
}

bool same_listing(const ImageView& image, int at, const Dependency& then, const struct stat& now) {
  if (then.inode == now.st_ino && same_modified(then, now) && same_changed(then, now)) return true;
  const format::Listing& listing = image.listings()[then.listing - 1];
  uint64_t digest;
  return digest_of(at, image.string(then.name), {listing.rules, image.stems_of(listing)}, digest) &&
         digest == listing.digest;
}

bool agrees(const ImageView& image, int at, const Dependency& then, const Found& now,
            Scratch& scratch) {
  if (then.kind == DependencyKind::kListed)
    return now.kind == DependencyKind::kDirectory && same_listing(image, at, then, now.status);
  if (then.kind != now.kind) return false;
  if (then.kind != DependencyKind::kFile) return true;
  return then.size == static_cast<uint64_t>(now.status.st_size) &&
         then.inode == now.status.st_ino && same_modified(then, now.status) &&
         (same_changed(then, now.status) || same_bytes(then, at, image.string(then.name), scratch));
}

const char* kind_text(DependencyKind kind) {
  switch (kind) {
    case DependencyKind::kFile:
      return "a file";
    case DependencyKind::kMissing:
      return "missing";
    case DependencyKind::kDirectory:
    case DependencyKind::kListed:
      return "a directory";
    case DependencyKind::kOther:
      return "neither a file nor a directory";
  }
  return "unknown";
}

void add_time(bare::Message& text, int64_t seconds, int64_t nanoseconds) {
  text.add_number(seconds).add(".");
  for (int64_t place = 100000000; place > nanoseconds && place > 1; place /= 10) text.add("0");
  text.add_number(nanoseconds);
}

void describe_file(bare::Message& text, uint64_t size, uint64_t inode, int64_t seconds,
                   int64_t nanoseconds) {
  text.add_number(static_cast<int64_t>(size)).add(" bytes of ");
  add_time(text, seconds, nanoseconds);
  text.add(" (inode ").add_number(static_cast<int64_t>(inode)).add(")");
}

void explain(const ImageView& image, const char* folder, const Dependency& then, const Found& now,
             bare::Message& text) {
  const bool listed =
      then.kind == DependencyKind::kListed && now.kind == DependencyKind::kDirectory;
  text.add(listed ? "the directory " : "the file ").add(folder);
  if (*folder != 0) text.add("/");
  text.add(image.string(then.name));
  if (listed) {
    text.add(" has other entries that matter than when the image was built");
    return;
  }
  text.add(" has changed since the image was built: it was ");
  if (then.kind == DependencyKind::kFile && now.kind == DependencyKind::kFile) {
    describe_file(text, then.size, then.inode, then.modified_seconds, then.modified_nanoseconds);
    text.add(" and is ");
    describe_file(text, static_cast<uint64_t>(now.status.st_size), now.status.st_ino,
                  now.status.st_mtim.tv_sec, now.status.st_mtim.tv_nsec);
    if (!same_changed(then, now.status)) text.add(", with other bytes");
    return;
  }
  text.add(kind_text(then.kind)).add(" and is ").add(kind_text(now.kind));
}

bool folder_agrees(const ImageView& image, const DependencyFolder& folder, uint32_t first, int at,
                   Scratch& scratch, bare::Message& explanation) {
  for (uint32_t i = first; i < first + folder.count; ++i) {
    const Dependency& then = image.dependencies()[i];
    const Found now = examine(at, image.string(then.name));
    if (agrees(image, at, then, now, scratch)) continue;
    explain(image, image.string(folder.path), then, now, explanation);
    return false;
  }
  return true;
}

}  // namespace

bool dependencies_agree(const ImageView& image, bare::Message& explanation) {
  constexpr uint32_t kUnchecked = format::kTrusted | format::kDependenciesUnknown;
  if ((image.header().flags & kUnchecked) != 0) return true;
  Scratch scratch;
  uint32_t first = 0;
  for (const DependencyFolder& folder : image.folders()) {
    if (folder.path == 0) {
      if (!folder_agrees(image, folder, first, kAtCurrentDirectory, scratch, explanation))
        return false;
    } else {
      const Directory directory(kAtCurrentDirectory, image.string(folder.path), kPathOnly);
      if (!folder_agrees(image, folder, first, directory.descriptor(), scratch, explanation))
        return false;
    }
    first += folder.count;
  }
  return true;
}

}  // namespace pysnap::restore
