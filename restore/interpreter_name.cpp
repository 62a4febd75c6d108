#include "restore/interpreter_name.h"

#include <elf.h>
#include <sys/stat.h>

#include "bare/path.h"
#include "bare/system_call.h"
#include "bare/text.h"
#include "restore/real_path.h"

namespace pysnap::restore {
namespace {

using bare::kLongestPath;
using bare::last_part;
using bare::Path;

// python, python3, python3.N
bool is_interpreter_name(const char* base) {
  if (!bare::starts_with(base, "python")) return false;
  base += bare::length_of("python");
  if (*base == 0) return true;
  if (*base++ != '3') return false;
  if (*base == 0) return true;
  if (*base++ != '.' || *base == 0) return false;
  for (; *base != 0; ++base) {
    if (*base < '0' || *base > '9') return false;
  }
  return true;
}

// "." for a path without a slash.
void add_directory(Path& path, const char* of) {
  const size_t size = bare::directory_length(of, bare::length_of(of));
  size == 0 ? path.add("./") : path.add(of, size);
}

struct Identity {
  uint64_t device = 0;
  uint64_t inode = 0;  // 0: no such file
  bool operator==(const Identity&) const = default;
};

Identity identity_of(const char* path) {
  struct stat status;
  if (bare::system_call(SYS_stat, bare::as_word(path), bare::as_word(&status)).failed()) return {};
  return {status.st_dev, status.st_ino};
}

Identity directory_of(const char* path) {
  Path directory;
  add_directory(directory, path);
  return identity_of(directory.text());
}

// Finds the file that makes a directory a virtual environment, as Modules/getpath.py does: beside
// the interpreter or one level up.
bool find_environment_file(const char* link, Path& found) {
  constexpr const char* kPlaces[] = {"pyvenv.cfg", "../pyvenv.cfg"};
  for (const char* place : kPlaces) {
    Path path;
    add_directory(path, link);
    path.add(place);
    if (identity_of(path.text()) == Identity{}) continue;
    found = path;
    return true;
  }
  return false;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// The value of `home` in a pyvenv.cfg: the directory of the interpreter behind the environment.
bool read_home(const char* file, Path& home) {
  char text[kLongestPath];
  const bare::SystemResult opened = bare::open_read_only(file);
  if (opened.failed()) return false;
  const int descriptor = static_cast<int>(opened.raw);
  const bare::SystemResult got = bare::read_at(descriptor, text, sizeof text - 1, 0);
  bare::close(descriptor);
  text[got.failed() ? 0 : got.raw] = 0;
  for (const char* line = text; *line != 0;) {
    const char* end = line;
    while (*end != 0 && *end != '\n') ++end;
    const char* at = line;
    while (is_blank(*at)) ++at;
    if (bare::starts_with(at, "home")) {
      at += bare::length_of("home");
      while (is_blank(*at)) ++at;
      if (*at++ == '=') {
        while (is_blank(*at)) ++at;
        while (end > at && is_blank(end[-1])) --end;
        home.add(at, static_cast<size_t>(end - at));
        return true;
      }
    }
    line = *end == 0 ? end : end + 1;
  }
  return false;
}

// Marks a process that went on to a wrapper; its value is the process, so that children are free.
constexpr const char* kPassedBy = "PYSNAP_PASSED_BY";

// What is executed in the place of the link, and what must not be.
struct Search {
  const char* link;
  Identity self;
  char** arguments;  // the first is the candidate, or the link where it decides about a venv
  char** environment;
  char** marked_environment;  // nullptr: this process has been here before
  bool keeps_name;
};

// The same variables without the mark, and with one for this process where there is room.
struct Environments {
  static constexpr long kMost = 1 << 16;
  char* clean[kMost + 2];
  char* marked[kMost + 2];
  char mark[64];
};

// Whether this process bears the mark already.
bool mark_environment(char** environment, Environments& result) {
  bare::Message mark;
  mark.add(kPassedBy).add("=").add_number(bare::system_call(SYS_getpid).raw);
  const char* text = mark.text();
  for (size_t i = 0; i <= bare::length_of(text) && i < sizeof result.mark; ++i)
    result.mark[i] = text[i];
  bool was_marked = false;
  long count = 0;
  for (; *environment != nullptr && count < Environments::kMost; ++environment) {
    if (bare::starts_with(*environment, kPassedBy)) {
      was_marked = was_marked || bare::equal(*environment, result.mark);
      continue;
    }
    result.clean[count] = result.marked[count] = *environment;
    ++count;
  }
  result.marked[count] = result.mark;
  return was_marked;
}

// A dynamically linked program: CPython is, copies of this program are not, and neither are images.
bool is_dynamic_program(const char* path) {
  const bare::SystemResult file = bare::open_read_only(path);
  if (file.failed()) return false;
  const int descriptor = static_cast<int>(file.raw);
  Elf64_Ehdr header = {};
  bool found = false;
  const auto size = static_cast<long>(sizeof header);
  if (bare::read_at(descriptor, &header, sizeof header, 0).raw == size &&
      __builtin_memcmp(header.e_ident, ELFMAG, SELFMAG) == 0) {
    Elf64_Phdr segment = {};
    for (uint64_t i = 0; i < header.e_phnum && !found; ++i) {
      bare::read_at(descriptor, &segment, sizeof segment, header.e_phoff + i * sizeof segment);
      found = segment.p_type == PT_INTERP;
    }
  }
  bare::close(descriptor);
  return found;
}

}  // namespace

const char* search_directories(char** environment) {
  const char* directories = bare::environment_value(environment, "PATH");
  return directories == nullptr ? "/usr/local/bin:/usr/bin:/bin" : directories;
}

bool is_interpreter_itself(const char* candidate) {
  char real[kLongestPath];
  return find_real_path(candidate, real) && is_interpreter_name(last_part(real)) &&
         is_dynamic_program(real);
}

bool is_same_interpreter(const char* one, const char* other) {
  if (bare::equal(one, other)) return true;
  const Identity file = identity_of(one);
  return file.inode != 0 && file == identity_of(other) && directory_of(one) == directory_of(other);
}

namespace {

// Returns false, where it returns.
bool execute_candidate(const Search& search, const char* candidate) {
  const Identity file = identity_of(candidate);
  if (file == Identity{} || file == search.self) return false;
  char** environment =
      is_interpreter_itself(candidate) ? search.environment : search.marked_environment;
  if (environment == nullptr) return false;
  search.arguments[0] = const_cast<char*>(search.keeps_name ? search.link : candidate);
  bare::system_call(SYS_execve, bare::as_word(candidate), bare::as_word(search.arguments),
                    bare::as_word(environment));
  return false;
}

// What follows the link's own directory; the whole list where that is not in it, nullptr where it
// is the last one.
const char* entries_behind(const char* link, const char* whole) {
  const Identity own_directory = directory_of(link);
  if (own_directory.inode == 0) return whole;
  const char* behind = whole;
  const char* rest = whole;
  for (bare::Part entry; bare::next_entry(rest, entry);) {
    Path directory;
    directory.add_entry(entry).add("/");
    if (identity_of(directory.text()) == own_directory) behind = rest;
  }
  return behind;
}

// Walks PATH from behind the link's own directory. Going only forwards ends also where several
// links and copies of this program stand in PATH: each looks behind itself. A wrapper can lead back
// here once, then only interpreters themselves are taken.
template <typename Visit>
bool search_path(const Search& search, const char* name, Visit visit) {
  const char* rest = entries_behind(search.link, search_directories(search.environment));
  for (bare::Part entry; bare::next_entry(rest, entry);) {
    Path candidate;
    candidate.add_entry(entry).add("/").add(name);
    if (visit(search, candidate.text())) return true;
  }
  return false;
}

bool is_next_program(const Search& search, const char* candidate) {
  constexpr long kExecutable = 1;  // X_OK
  const Identity file = identity_of(candidate);
  return file.inode != 0 && !(file == search.self) &&
         !bare::system_call(SYS_access, bare::as_word(candidate), kExecutable).failed();
}

// `python` stands for python3 where there is nothing of its own name.
template <typename Visit>
bool search_names(const Search& search, Visit visit) {
  const char* name = last_part(search.link);
  return search_path(search, name, visit) ||
         (bare::equal(name, "python") && search_path(search, "python3", visit));
}

Identity own_identity(const char* link) {
  const Identity self = identity_of("/proc/self/exe");
  return self == Identity{} ? identity_of(link) : self;
}

}  // namespace

const char* interpreter_link(const bare::ProcessStart& start) {
  const auto* executed = reinterpret_cast<const char*>(start.auxiliary_value(AT_EXECFN));
  if (executed != nullptr && is_interpreter_name(last_part(executed))) return executed;
  // The kernel gives the script's path there when this is the interpreter of a script (#!).
  const char* typed = start.argument_count > 0 ? start.arguments[0] : nullptr;
  return typed != nullptr && is_interpreter_name(last_part(typed)) ? typed : nullptr;
}

const char* image_of_link(const char* link, char** environment) {
  static Path beside;
  beside.add(link).add(".pysnap");
  if (identity_of(beside.text()).inode != 0) return beside.text();
  return bare::meant_environment_value(environment, "PYSNAP_IMAGE");
}

const char* why_not_for_link(const char* link, const format::ImageView& image) {
  const char* wanted = last_part(link) + bare::length_of("python");
  const char* version = image.string(image.header().interpreter_version);
  // `python` and `python3` stand for any version; `python3.1` must not take 3.11.
  if (bare::length_of(wanted) > 1) {
    const size_t length = bare::length_of(wanted);
    if (!bare::starts_with(version, wanted) || version[length] != '.')
      return "the image was made from another version of Python";
  }
  Path file;
  if (!find_environment_file(link, file)) return nullptr;
  const char* interpreter = image.string(image.header().interpreter);
  return directory_of(link) == directory_of(interpreter)
             ? nullptr
             : "the image was not made from this virtual environment's interpreter";
}

bool is_this_program(const char* path) {
  // This program has no dynamic loader. Reading the headers of a file costs less than a new
  // process's first look into /proc (restore/real_path.h).
  if (is_dynamic_program(path)) return false;
  const Identity self = identity_of("/proc/self/exe");
  return self.inode != 0 && identity_of(path) == self;
}

const char* why_no_cache_for_link(const char* link, const format::PythonCommand& command,
                                  char** environment, bare::Path& found) {
  const bool is_file_or_module =
      command.kind == format::ProgramKind::kScript || command.kind == format::ProgramKind::kModule;
  if (command.reason != nullptr || !is_file_or_module) return "there is no image";
  Path file;
  if (find_environment_file(link, file))
    return "there is no image, and a link in a virtual environment learns none";
  // Whoever comes back from a wrapper goes on.
  if (bare::environment_value(environment, kPassedBy) != nullptr) return "there is no image";
  const Search search = {link, own_identity(link), nullptr, environment, nullptr, false};
  const auto take = [&found](const Search& within, const char* candidate) {
    if (!is_next_program(within, candidate)) return false;
    found.add(candidate);
    return true;
  };
  if (!search_names(search, take) || !is_interpreter_itself(found.text()))
    return "there is no image, and the next interpreter is a wrapper, which decides itself";
  return nullptr;
}

void execute_next_interpreter(const char* link, char** arguments, char** environment) {
  static Environments environments;
  const bool was_here = mark_environment(environment, environments);
  Search search = {link,
                   own_identity(link),
                   arguments,
                   environments.clean,
                   was_here ? nullptr : environments.marked,
                   false};
  Path file;
  Path home;
  if (find_environment_file(link, file) && read_home(file.text(), home)) {
    // CPython finds the environment from the path it is invoked by.
    search.keeps_name = true;
    home.add("/");
    Path same = home;
    execute_candidate(search, same.add(last_part(link)).text());
    execute_candidate(search, home.add("python3").text());
  }
  search_names(search, execute_candidate);
}

}  // namespace pysnap::restore
