#include "launcher/cache_checks.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "launcher/directory_trust.h"
#include "launcher/image_cache.h"
#include "support/error.h"

namespace pysnap::launcher {
namespace {

using support::Error;

constexpr const char* kName = "cache";
constexpr const char* kNothingKept = "images that pysnap makes by itself cannot be kept";
constexpr const char* kElsewhere = "name another directory in PYSNAP_CACHE";

// `path` or the nearest directory above it that exists.
std::string nearest_existing(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(path, error).lexically_normal();
  while (!std::filesystem::exists(at, error) && at.has_relative_path()) at = at.parent_path();
  return at;
}

bool may_write(const std::string& directory) {
  return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

Finding check_future(const std::string& cache, const std::string& existing) {
  if (!std::filesystem::is_directory(existing))
    return bad(kName, fmt::format("{} cannot be made: {} is no directory", cache, existing),
               kNothingKept, kElsewhere);
  if (may_write(existing)) return good(kName, fmt::format("{} can be made", cache));
  return bad(kName,
             Error::from_errno(fmt::format("{} cannot be made in {}", cache, existing)).sentence,
             kNothingKept, kElsewhere);
}

// An image is code: whoever can write the directory could put another one there.
Finding check_present(const std::string& cache) {
  struct stat status;
  if (::stat(cache.c_str(), &status) != 0)
    return bad(kName, Error::from_errno(fmt::format("{} cannot be examined", cache)).sentence,
               kNothingKept, kElsewhere);
  if (!S_ISDIR(status.st_mode))
    return bad(kName, fmt::format("{} is no directory", cache), kNothingKept, kElsewhere);
  const DirectoryTrust trust = trust_in(status);
  if (trust == DirectoryTrust::kOtherOwner)
    return bad(kName, fmt::format("{} belongs to user {}", cache, status.st_uid),
               "its images are not trusted, and none can be added", kElsewhere);
  const std::string repair = fmt::format("chmod 700 {}", cache);
  const std::string mode = fmt::format("{} has the mode {:04o}", cache, status.st_mode & 07777);
  if (trust == DirectoryTrust::kOthersWrite)
    return bad(kName, mode, "others can put images there, so none is trusted", repair);
  if (!may_write(cache))
    return bad(kName, Error::from_errno(fmt::format("{} cannot be written", cache)).sentence,
               "no image can be added", kElsewhere);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return note(kName, mode, "others see which programs have images there", repair);
  return good(kName, fmt::format("{}, for its owner only", cache));
}

Finding check_space(const std::string& existing) {
  constexpr const char* kSpace = "cache space";
  struct statvfs space;
  if (::statvfs(existing.c_str(), &space) != 0)
    return bad(kSpace, Error::from_errno(existing).sentence, kNothingKept, kElsewhere);
  constexpr uint64_t kSmallImage = 32'000'000;  // of an interpreter without modules: 16 MB
  constexpr uint64_t kSeveralImages = 500'000'000;
  const uint64_t free_bytes = uint64_t{space.f_bavail} * space.f_frsize;
  const std::string found = fmt::format("{} free around {}", size_in_words(free_bytes), existing);
  if (free_bytes < kSmallImage) return bad(kSpace, found, kNothingKept, kElsewhere);
  if (space.f_files != 0 && space.f_favail == 0)
    return bad(kSpace, "the file system has no inode left", kNothingKept, kElsewhere);
  if (free_bytes < kSeveralImages)
    return note(kSpace, found, "that is enough for few images (16 to 120 MB each)",
                "make room, or " + std::string(kElsewhere));
  return good(kSpace, found);
}

Finding check_file_system(const std::string& existing) {
  constexpr const char* kSystem = "cache file system";
  struct statfs system;
  struct statvfs flags;
  if (::statfs(existing.c_str(), &system) != 0 || ::statvfs(existing.c_str(), &flags) != 0)
    return bad(kSystem, Error::from_errno(existing).sentence, kNothingKept, kElsewhere);
  if ((flags.f_flag & ST_RDONLY) != 0)
    return bad(kSystem, fmt::format("{} is mounted read-only", existing), kNothingKept, kElsewhere);
  if ((flags.f_flag & ST_NOEXEC) != 0)
    return bad(kSystem, fmt::format("{} is mounted noexec", existing),
               "the code in an image cannot be mapped: every launch runs plain Python", kElsewhere);
  constexpr uint32_t kCifs = 0xff534d42;
  switch (static_cast<uint32_t>(system.f_type)) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
      return note(kSystem, fmt::format("{} lies in memory", existing),
                  "images take memory and are gone after a restart", kElsewhere);
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case kCifs:
      return note(
          kSystem, fmt::format("{} lies on another machine", existing),
          "launches read over the network, and an image made on another kernel or processor "
          "does not fit here",
          kElsewhere);
    default:
      return good(kSystem, fmt::format("{} is local and may hold programs", existing));
  }
}

}  // namespace

ExaminedCache check_cache() {
  const std::string cache = cache_directory().value_or("");
  if (cache.empty())
    return {{bad(kName, "neither PYSNAP_CACHE nor XDG_CACHE_HOME nor HOME is set", kNothingKept,
                 kElsewhere)},
            ""};
  const std::string existing = nearest_existing(cache);
  std::error_code error;
  const bool is_there = std::filesystem::exists(cache, error);
  ExaminedCache examined = {{is_there ? check_present(cache) : check_future(cache, existing)}, ""};
  if (!std::filesystem::is_directory(existing, error)) return examined;
  examined.existing = existing;
  examined.findings.push_back(check_space(existing));
  examined.findings.push_back(check_file_system(existing));
  return examined;
}

}  // namespace pysnap::launcher
