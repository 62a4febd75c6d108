#include "restore/image_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "bare/directory_entry.h"
#include "bare/system_call.h"
#include "format/checksum.h"
#include "format/program_key.h"
#include "restore/interpreter_name.h"
#include "restore/trust.h"

namespace pysnap::restore {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

int open_trusted_directory(int at, const char* name, int flags, const char*& distrust) {
  const bare::SystemResult opened =
      bare::system_call(SYS_openat, at, bare::as_word(name), kDirectoryFlags | flags);
  if (opened.failed()) return -1;
  const int descriptor = static_cast<int>(opened.raw);
  struct stat status;
  const bool known = !bare::system_call(SYS_fstat, descriptor, bare::as_word(&status)).failed();
  distrust = known ? why_not_trusted(status) : "it cannot be examined";
  if (distrust == nullptr) return descriptor;
  bare::close(descriptor);
  return -1;
}

bool is_program(const char* path) {
  struct stat status;
  return !bare::system_call(SYS_stat, bare::as_word(path), bare::as_word(&status)).failed() &&
         S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

bool is_after(const struct timespec& a, const struct timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

bool ends_with(const char* text, const char* end) {
  const size_t length = bare::length_of(text);
  const size_t end_length = bare::length_of(end);
  return length > end_length && bare::equal(text + length - end_length, end);
}

uint64_t chain(uint64_t key, const char* text) {
  return XXH3_64bits_withSeed(text, bare::length_of(text) + 1, key);
}

const char* without_own_directory(const char* path) {
  while (path[0] == '.' && path[1] == '/') {
    path += 2;
    while (*path == '/') ++path;
  }
  return path;
}

// A script is known by its absolute path, a module or a command by its name or text.
uint64_t chain_program(uint64_t key, const format::PythonCommand& command) {
  if (command.program == nullptr) return key;
  if (command.kind != format::ProgramKind::kScript || command.program[0] == '/')
    return chain(key, command.program);
  char directory[bare::kLongestPath];
  const bool known =
      !bare::system_call(SYS_getcwd, bare::as_word(directory), sizeof directory).failed();
  bare::Path path;
  path.add(known ? directory : "").add("/").add(without_own_directory(command.program));
  return chain(key, path.text());
}

}  // namespace

bool find_cache(char** environment, bare::Path& cache) {
  if (const char* own = bare::meant_environment_value(environment, "PYSNAP_CACHE")) {
    cache.add(own);
    return true;
  }
  // A relative path there is to be ignored (XDG Base Directory Specification).
  const char* shared = bare::meant_environment_value(environment, "XDG_CACHE_HOME");
  if (shared != nullptr && *shared == '/') {
    cache.add(shared).add("/pysnap");
  } else if (const char* home = bare::meant_environment_value(environment, "HOME")) {
    cache.add(home).add("/.cache/pysnap");
  } else {
    return false;
  }
  return true;
}

bool find_default_interpreter(char** environment, bare::Path& interpreter) {
  if (const char* active = bare::meant_environment_value(environment, "VIRTUAL_ENV")) {
    bare::Path path;
    if (is_program(path.add(active).add("/bin/python").text())) {
      interpreter = path;
      return true;
    }
  }
  const char* rest = search_directories(environment);
  for (bare::Part entry; bare::next_entry(rest, entry);) {
    bare::Path path;
    path.add_entry(entry).add("/python3");
    if (is_program(path.text()) && !is_this_program(path.text())) {
      interpreter = path;
      return true;
    }
  }
  return false;
}

uint64_t program_key(const char* interpreter, const LaunchOptions& options) {
  uint64_t key = chain(format::kImageVersion, interpreter);
  const char* const* words = options.python_arguments;
  const format::PythonCommand& command = options.command;
  // Up to the program, which a -c or -m can have in its own word.
  for (; *words != nullptr && *words != command.program && words != command.arguments; ++words)
    key = chain(key, *words);
  const char kind[] = {static_cast<char>('0' + static_cast<int>(command.kind)), 0};
  return key ^ chain_program(chain(0, kind), command);
}

CachedProgram::CachedProgram(const char* cache, uint64_t key) {
  constexpr int kAtCurrentDirectory = AT_FDCWD;
  const format::KeyText name = format::key_text(key);
  path_.add(cache).add("/").add(name.text);
  const int root = open_trusted_directory(kAtCurrentDirectory, cache, 0, distrust_);
  if (root < 0) return;
  directory_ = open_trusted_directory(root, name.text, O_NOFOLLOW, distrust_);
  bare::close(root);
}

bool CachedProgram::next_image(OpenImage& image) {
  while (directory_ >= 0) {
    if (position_ >= filled_) {
      filled_ =
          bare::system_call(SYS_getdents64, directory_, bare::as_word(entries_), sizeof entries_)
              .raw;
      position_ = 0;
      if (filled_ <= 0) return false;
    }
    const auto* entry = reinterpret_cast<const bare::DirectoryEntry*>(entries_ + position_);
    position_ += entry->size;
    if (!ends_with(entry->name, format::kImageEnding)) continue;
    name_ = entry->name;
    image = open_image_in(directory_, entry->name);
    return true;
  }
  return false;
}

bool CachedProgram::examine(const char* name, int flags, struct stat& status) const {
  return directory_ >= 0 && !bare::system_call(SYS_newfstatat, directory_, bare::as_word(name),
                                               bare::as_word(&status), flags)
                                 .failed();
}

Failure CachedProgram::failure() const {
  constexpr int64_t kPause = 3600;  // seconds
  struct stat failed;
  struct stat configuration;
  struct timespec now;
  if (!examine("failed", AT_SYMLINK_NOFOLLOW, failed)) return Failure::kNone;
  if (failed.st_mtim.tv_sec == 0) return Failure::kMistake;
  bare::system_call(SYS_clock_gettime, CLOCK_REALTIME, bare::as_word(&now));
  if (failed.st_mtim.tv_sec > now.tv_sec || now.tv_sec - failed.st_mtim.tv_sec >= kPause)
    return Failure::kNone;
  if (!examine("configuration", AT_SYMLINK_NOFOLLOW, configuration)) return Failure::kPauses;
  const bool is_as_it_was = examine("configuration", 0, configuration) &&
                            !is_after(configuration.st_mtim, failed.st_mtim);
  return is_as_it_was ? Failure::kPauses : Failure::kNone;
}

void CachedProgram::explain_failure(bare::Message& explanation) const {
  const bare::SystemResult opened =
      bare::system_call(SYS_openat, directory_, bare::as_word("failed"),
                        O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (directory_ < 0 || opened.failed()) return;
  char sentence[1024];
  const int descriptor = static_cast<int>(opened.raw);
  const bare::SystemResult got = bare::read_at(descriptor, sentence, sizeof sentence, 0);
  bare::close(descriptor);
  if (got.failed()) return;
  size_t size = 0;
  while (size < static_cast<size_t>(got.raw) && sentence[size] != '\n') ++size;
  explanation.add("; building one has failed: ").add(sentence, size);
}

uint64_t CachedProgram::count_hit() const {
  const bare::SystemResult opened =
      bare::system_call(SYS_openat, directory_, bare::as_word("hits"),
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (opened.failed()) return 0;  // a cache that cannot be written
  const int descriptor = static_cast<int>(opened.raw);
  struct stat status;
  bare::write(descriptor, "+", 1);
  const bool known = !bare::system_call(SYS_fstat, descriptor, bare::as_word(&status)).failed();
  bare::close(descriptor);
  return known ? static_cast<uint64_t>(status.st_size) : 0;
}

void CachedProgram::close() {
  if (directory_ >= 0) bare::close(directory_);
  directory_ = -1;
}

}  // namespace pysnap::restore
