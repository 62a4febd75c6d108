#include "launcher/configuration.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <span>

#include "launcher/configuration_text.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::File;
using support::Result;

constexpr const char* kProjectFile = "pyproject.toml";
constexpr const char* kNames[kNamesEach] = {"pysnap.toml", kProjectFile};

// Why a file that was found cannot be trusted; empty: it can.
std::string reason_for_distrust(const struct stat& status, uid_t owner_of_start) {
  if (status.st_uid != ::geteuid() && status.st_uid != 0 && status.st_uid != owner_of_start)
    return fmt::format("it belongs to user {}", status.st_uid);
  if ((status.st_mode & S_IWOTH) != 0) return "everybody may write it";
  return "";
}

// A pyproject.toml that does not even hold our name costs no parsing, and its mistakes are not
// ours.
bool concerns_us(const std::string& file, const std::string& text) {
  return !file.ends_with(kProjectFile) || text.find("pysnap") != std::string::npos;
}

FileState state_before_reading(const std::string& file) {
  FileState state = examine_path(file);
  if (state.kind == format::DependencyKind::kFile) state.digest = digest_of_file(file);
  if (until_times_tell(state).count() != 0) state.changed_nanoseconds = format::kNoTime;
  return state;
}

// One directory's search; nothing where there is no configuration.
class Search {
 public:
  explicit Search(uid_t owner_of_start) : owner_of_start_(owner_of_start) {}

  Result<std::optional<Configuration>> look_at(const std::string& file) {
    searched_.push_back({file, state_before_reading(file)});
    // Without O_NONBLOCK a FIFO of that name would keep the caller waiting.
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return absent_or_unreadable(file);
    const File opened = File::adopt(descriptor);
    const Result<struct stat> status = opened.status();
    if (!status) return support::fail(status.error().in(file));
    if (!S_ISREG(status->st_mode)) return pass_over(file, "it is not a regular file");
    if (const std::string reason = reason_for_distrust(*status, owner_of_start_); !reason.empty())
      return pass_over(file, reason);
    // From the file that was examined: another one may have its name by now.
    std::string text(static_cast<size_t>(status->st_size), '\0');
    const Result<size_t> got = opened.read_at(0, std::as_writable_bytes(std::span(text)));
    if (!got) return support::fail(got.error().in(file));
    text.resize(*got);
    if (!concerns_us(file, text)) return std::optional<Configuration>();
    return parse_configuration(text, file);
  }

  Configuration finish(Configuration configuration) {
    configuration.notices = std::move(notices_);
    configuration.searched = std::move(searched_);
    return configuration;
  }

 private:
  // A stranger's file that cannot be read must not be in anybody's way either.
  Result<std::optional<Configuration>> absent_or_unreadable(const std::string& file) {
    // The usual case, twice in each directory: without a sentence that nobody reads.
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<Configuration>();
    const Error error = Error::from_errno(fmt::format("{} cannot be read", file));
    struct stat status;
    if (::stat(file.c_str(), &status) != 0) return std::optional<Configuration>();
    if (const std::string reason = reason_for_distrust(status, owner_of_start_); !reason.empty())
      return pass_over(file, reason);
    return support::fail(error);
  }

  std::optional<Configuration> pass_over(const std::string& file, const std::string& reason) {
    notices_.push_back(fmt::format("{} is passed over: {}", file, reason));
    return std::nullopt;
  }

  uid_t owner_of_start_;
  std::vector<std::string> notices_;
  std::vector<SearchedPath> searched_;
};

}  // namespace

const char* name_of(Checks checks) { return checks == Checks::kFiles ? "files" : "none"; }

const char* name_of(BasePolicy) { return "random"; }

const char* name_of(Backend) { return "elf"; }

const char* name_of(ProgramForm form) {
  switch (form) {
    case ProgramForm::kScript:
      return "script";
    case ProgramForm::kModule:
      return "module";
    case ProgramForm::kEntryPoint:
      return "entry-point";
  }
  return "";
}

std::string excluding(const Configuration& configuration, const std::string& module) {
  for (const std::string& excluded : configuration.excluded) {
    if (module == excluded || module.starts_with(excluded + ".")) return excluded;
  }
  return "";
}

Result<Configuration> find_configuration(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path start = std::filesystem::canonical(directory, error);
  struct stat status;
  if (error || ::stat(start.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return support::fail(Error::because(
        ErrorKind::kInput, fmt::format("{} is no directory that can be searched", directory)));
  }
  Search search(status.st_uid);
  for (std::filesystem::path at = start;; at = at.parent_path()) {
    for (const char* name : kNames) {
      Result<std::optional<Configuration>> found = search.look_at(at / name);
      if (!found) return support::fail(found.error());
      if (*found) return search.finish(std::move(**found));
    }
    if (at == at.root_path()) return search.finish({});
  }
}

Result<Configuration> read_configuration(const std::string& file) {
  std::error_code error;
  const std::string path = std::filesystem::absolute(file, error).lexically_normal();
  if (std::filesystem::is_directory(path, error)) {
    return support::fail(Error::because(
        ErrorKind::kInput, fmt::format("{} is a directory; name the file in it", file)));
  }
  const FileState state = state_before_reading(path);
  const Result<std::string> text = support::read_text(path);
  if (!text) return support::fail(text.error());
  Result<std::optional<Configuration>> read = parse_configuration(*text, path);
  if (!read) return support::fail(read.error());
  if (!*read) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("{} has no table [tool.pysnap]; add it, or name another file", file)));
  }
  (*read)->searched = {{path, state}};
  return std::move(**read);
}

}  // namespace pysnap::launcher
