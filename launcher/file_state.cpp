#include "launcher/file_state.h"

#include <sys/stat.h>

#include <filesystem>

namespace pysnap::launcher {

using format::DependencyKind;

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
  return state;
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
