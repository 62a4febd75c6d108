#include "launcher/image_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "format/checksum.h"
#include "format/program_key.h"
#include "launcher/image_file.h"
#include "launcher/json_text.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::File;
using support::Result;
using support::Status;

constexpr std::string_view kImageEnding = format::kImageEnding;
constexpr size_t kMostVariants = 4;

// What a program's directory can hold; anything else is not ours.
bool is_ours(const std::string& name) {
  return name.ends_with(kImageEnding) || name == "about.json" || name == "hits" ||
         name == "failed" || name == "configuration" || name == "lock" || name.starts_with("built");
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> text_of(const std::string& path) {
  Result<std::string> text = support::read_text(path);
  if (!text) return std::nullopt;
  return std::move(*text);
}

ProgramAbout read_about(const std::string& directory) {
  const auto json =
      nlohmann::json::parse(text_of(directory + "/about.json").value_or(""), nullptr, false);
  if (!json.is_object()) return {};
  const auto get = [&json](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return {get("program"), get("interpreter"), get("working_directory"),
          get("reason"),  get("script"),      get("module")};
}

// A time ahead of the clock says that the clock was put back, and nothing about use. Two machines
// with one cache may differ a little.
int64_t time_of(const struct stat& status) {
  constexpr int64_t kTolerance = 60;  // seconds
  const int64_t seconds = status.st_mtim.tv_sec;
  if (seconds > ::time(nullptr) + kTolerance) return 0;
  return seconds * kNanosecondsPerSecond + status.st_mtim.tv_nsec;
}

CachedProgram read_program(const std::string& cache, const std::string& key) {
  CachedProgram program;
  program.key = key;
  program.directory = cache + "/" + key;
  program.about = read_about(program.directory);
  program.failure = text_of(program.directory + "/failed");
  struct stat status;
  for (const std::string& name : names_in(program.directory)) {
    const std::string path = program.directory + "/" + name;
    if (!name.ends_with(kImageEnding) || ::lstat(path.c_str(), &status) != 0) continue;
    program.images.push_back({path, static_cast<uint64_t>(status.st_size), time_of(status)});
    program.last_used = std::max(program.last_used, time_of(status));
  }
  std::stable_sort(program.images.begin(), program.images.end(),
                   [](const CachedImage& a, const CachedImage& b) { return a.made > b.made; });
  if (::lstat((program.directory + "/hits").c_str(), &status) == 0) {
    program.hits = static_cast<uint64_t>(status.st_size);
    program.last_used = std::max(program.last_used, time_of(status));
  }
  return program;
}

Status make_private_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return support::fail(Error::from_errno(fmt::format("{} cannot be made", directory)));
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path + ".new", std::ios::trunc);
  file << text;
  file.close();
  if (file.fail() || ::rename((path + ".new").c_str(), path.c_str()) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be written", path)));
  return {};
}

// The values of the variables that the image was made with, and the configuration.
Result<std::string> variant_of(const std::string& image, const std::string& configuration) {
  const Result<ImageFile> file = ImageFile::open(image);
  if (!file) return support::fail(file.error());
  const format::ImageView view = file->view();
  const uint32_t unchecked =
      view.header().flags & (format::kDependenciesUnknown | format::kTrusted);
  if (unchecked == format::kDependenciesUnknown) {
    return support::fail(Error::because(ErrorKind::kFailed,
                                        "the kernel does not tell what the image depends on, so no "
                                        "launch could tell when it is out "
                                        "of date; `pysnap build` makes images all the same"));
  }
  std::string values = configuration;
  values += '\0';
  for (const format::EnvironmentKey& key : view.environment()) {
    values += view.string(key.name);
    if (key.value != 0) values += fmt::format("={}", view.string(key.value));
    if (key.kind == format::VariableKind::kDigest)
      values += fmt::format("={:x}.{:x}", key.digest.high, key.digest.low);
    values += '\0';
  }
  return fmt::format("{:016x}", format::checksum(values.data(), values.size()));
}

// A build that is under way goes on and leaves its directory again.
void remove_program(const CachedProgram& program) {
  for (const std::string& name : names_in(program.directory)) {
    if (is_ours(name)) ::unlink((program.directory + "/" + name).c_str());
  }
  ::rmdir(program.directory.c_str());
}

// A build that is under way is left alone.
void tidy(const CachedProgram& program) {
  const auto lock = lock_directory(program.directory, IfLocked::kGiveUp);
  if (lock && lock->has_value()) remove_unfinished(program.directory);
}

}  // namespace

uint64_t CachedProgram::size() const {
  uint64_t sum = 0;
  for (const CachedImage& image : images) sum += image.size;
  return sum;
}

Result<std::string> cache_directory() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
  };
  if (const std::string own = set("PYSNAP_CACHE"); !own.empty()) return own;
  // A relative path there is to be ignored (XDG Base Directory Specification).
  if (const std::string shared = set("XDG_CACHE_HOME"); shared.starts_with('/'))
    return shared + "/pysnap";
  if (const std::string home = set("HOME"); !home.empty()) return home + "/.cache/pysnap";
  return support::fail(
      Error::because(ErrorKind::kInput, "there is no cache directory: set PYSNAP_CACHE or HOME"));
}

Result<std::vector<CachedProgram>> list_cache() {
  const Result<std::string> cache = cache_directory();
  if (!cache) return support::fail(cache.error());
  std::vector<CachedProgram> programs;
  for (const std::string& name : names_in(*cache)) {
    if (format::is_key_text(name.data(), name.size()))
      programs.push_back(read_program(*cache, name));
  }
  std::stable_sort(
      programs.begin(), programs.end(),
      [](const CachedProgram& a, const CachedProgram& b) { return a.last_used > b.last_used; });
  return programs;
}

Status make_program_directory(const std::string& directory) {
  const std::filesystem::path cache = std::filesystem::path(directory).parent_path();
  // A home that is missing stays so: ~/.cache is made, and nothing above it.
  for (const std::filesystem::path& path : {cache.parent_path(), cache}) {
    if (const Status made = make_private_directory(path); !made) return made;
  }
  return make_private_directory(directory);
}

Result<std::optional<File>> lock_directory(const std::string& directory, IfLocked if_locked) {
  const int descriptor =
      ::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be locked", directory)));
  File lock = File::adopt(descriptor);
  const int wait = if_locked == IfLocked::kWait ? 0 : LOCK_NB;
  if (::flock(descriptor, LOCK_EX | wait) == 0) return std::optional<File>(std::move(lock));
  if (errno == EWOULDBLOCK) return std::optional<File>();
  return support::fail(Error::from_errno(fmt::format("{} cannot be locked", directory)));
}

void remove_unfinished(const std::string& directory) {
  for (const std::string& name : names_in(directory)) {
    if (name.starts_with("built")) ::unlink((directory + "/" + name).c_str());
  }
}

Status write_about(const std::string& directory, const ProgramAbout& about) {
  const nlohmann::ordered_json json = {{"program", about.program},
                                       {"interpreter", about.interpreter},
                                       {"working_directory", about.working_directory},
                                       {"reason", about.reason},
                                       {"script", about.script},
                                       {"module", about.module}};
  return write_file(directory + "/about.json", json_text(json) + "\n");
}

void note_failure(const std::string& directory, const std::string& sentence,
                  const std::string& configuration) {
  forget_failure(directory);
  std::error_code error;
  if (!configuration.empty())
    std::filesystem::create_symlink(configuration, directory + "/configuration", error);
  static_cast<void>(write_file(directory + "/failed", sentence + "\n"));
}

void note_mistake(const std::string& directory, const std::string& sentence) {
  note_failure(directory, sentence, "");
  const struct timespec long_ago[2] = {};
  ::utimensat(AT_FDCWD, (directory + "/failed").c_str(), long_ago, 0);
}

void forget_failure(const std::string& directory) {
  for (const char* name : {"/failed", "/configuration"}) ::unlink((directory + name).c_str());
}

Status publish_variant(const std::string& directory, const std::string& image,
                       const std::string& configuration) {
  const Result<std::string> variant = variant_of(image, configuration);
  if (!variant) return support::fail(variant.error());
  const std::string name = fmt::format("{}/{}{}", directory, *variant, kImageEnding);
  if (::chmod(image.c_str(), 0600) != 0 || ::rename(image.c_str(), name.c_str()) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be published", name)));
  const std::filesystem::path path = directory;
  const CachedProgram program = read_program(path.parent_path().string(), path.filename().string());
  for (size_t i = kMostVariants; i < program.images.size(); ++i)
    ::unlink(program.images[i].path.c_str());
  return {};
}

Result<std::vector<CachedProgram>> prune_cache(uint64_t limit) {
  const Result<std::vector<CachedProgram>> programs = list_cache();
  if (!programs) return support::fail(programs.error());
  std::vector<CachedProgram> removed;
  uint64_t sum = 0;
  for (const CachedProgram& program : *programs) {
    sum += program.size();
    if (sum > limit) {
      remove_program(program);
      removed.push_back(program);
    } else {
      tidy(program);
    }
  }
  return removed;
}

Result<std::vector<CachedProgram>> clear_cache() {
  const Result<std::vector<CachedProgram>> programs = list_cache();
  if (!programs) return support::fail(programs.error());
  for (const CachedProgram& program : *programs) remove_program(program);
  return *programs;
}

Result<uint64_t> cache_limit() {
  const char* value = std::getenv("PYSNAP_CACHE_SIZE");
  if (value == nullptr || *value == 0) return kDefaultCacheSize;
  const std::string_view text = value;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (error != std::errc() || shift < 0 || number > UINT64_MAX >> shift) {
    return support::fail(Error::because(
        ErrorKind::kUsage,
        fmt::format("PYSNAP_CACHE_SIZE is \"{}\"; give bytes, or a number with K, M or G", text)));
  }
  return number << shift;
}

}  // namespace pysnap::launcher
