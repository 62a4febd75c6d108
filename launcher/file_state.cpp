#include "launcher/file_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "format/checksum.h"
#include "support/file.h"

namespace pysnap::launcher {

using format::DependencyKind;
using std::chrono::nanoseconds;

namespace {

// Times of files are as coarse as the file system (FAT: 2 s; many NFS servers: 1 s) or as the
// kernel's tick (at most 10 ms).
nanoseconds grain_of(uint32_t nanoseconds_of_time) {
  constexpr std::chrono::milliseconds kTick{20};
  return nanoseconds_of_time == 0 ? nanoseconds(std::chrono::seconds(2)) : nanoseconds(kTick);
}

nanoseconds until(int64_t seconds, uint32_t part, nanoseconds now) {
  const nanoseconds time = std::chrono::seconds(seconds) + nanoseconds(part);
  return std::max(nanoseconds(0), time + grain_of(part) - now);
}

}  // namespace

bool same_modified(const FileState& one, const FileState& other) {
  return one.modified_seconds == other.modified_seconds &&
         one.modified_nanoseconds == other.modified_nanoseconds;
}

bool same_changed(const FileState& one, const FileState& other) {
  return one.changed_seconds == other.changed_seconds &&
         one.changed_nanoseconds == other.changed_nanoseconds;
}

bool is_in(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/');
}

bool is_of_kernel(const std::string& path) {
  for (const char* folder : {"/proc", "/sys", "/dev"}) {
    if (is_in(path, folder)) return true;
  }
  return false;
}

FileState examine_path(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return {};
  FileState state;
  state.kind = S_ISREG(status.st_mode)   ? DependencyKind::kFile
               : S_ISDIR(status.st_mode) ? DependencyKind::kDirectory
                                         : DependencyKind::kOther;
  state.size = static_cast<uint64_t>(status.st_size);
  state.inode = status.st_ino;
  state.modified_seconds = status.st_mtim.tv_sec;
  state.modified_nanoseconds = static_cast<uint32_t>(status.st_mtim.tv_nsec);
  state.changed_seconds = status.st_ctim.tv_sec;
  state.changed_nanoseconds = static_cast<uint32_t>(status.st_ctim.tv_nsec);
  return state;
}

uint64_t digest_of_file(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<uint64_t>(status.st_size) > format::kMostDigestedBytes)
    return 0;
  const support::Result<std::string> text = support::read_text(path);
  return text ? format::checksum(text->data(), text->size()) : 0;
}

nanoseconds until_times_tell(const FileState& state) {
  const nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  const nanoseconds changed = until(state.changed_seconds, state.changed_nanoseconds, now);
  const nanoseconds modified = until(state.modified_seconds, state.modified_nanoseconds, now);
  // Where the time of modification is ahead of the clock, somebody has set it.
  return modified > kLongestWait ? changed : std::max(changed, modified);
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    names.push_back(entry->path().filename().string());
  return names;
}

std::string plain_path(const std::string& base, const std::string& path) {
  const std::string whole = path.starts_with('/') ? path : base + "/" + path;
  std::string plain;
  for (size_t begin = 0; begin < whole.size();) {
    const size_t end = std::min(whole.find('/', begin), whole.size());
    const std::string part = whole.substr(begin, end - begin);
    if (!part.empty() && part != ".") plain += "/" + part;
    begin = end + 1;
  }
  return plain.empty() ? "/" : plain;
}

}  // namespace pysnap::launcher
