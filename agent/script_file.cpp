#include "agent/script_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// zipimport looks for the end record in the last 22 bytes, then in the 64 KiB before it
// (Lib/zipimport.py, _read_directory).
constexpr off_t kArchiveTail = 65536 + 22;

bool holds_archive(int descriptor, off_t size) {
  static char tail[kArchiveTail];
  const off_t wanted = size < kArchiveTail ? size : kArchiveTail;
  const ssize_t got = pread(descriptor, tail, static_cast<size_t>(wanted), size - wanted);
  if (got != wanted) return true;
  return memmem(tail, static_cast<size_t>(got), "PK\5\6", 4) != nullptr;
}

bool is_plain_file(const char* script) {
  const int descriptor = open(script, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  struct stat status;
  const bool plain = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                     !holds_archive(descriptor, status.st_size);
  close(descriptor);
  return plain;
}

// _Py_abspath() of Python/fileutils.c: no normalisation, not even of "./".
bool make_absolute(const char* script, char (&path)[PATH_MAX]) {
  char directory[PATH_MAX];
  int size = 0;
  if (script[0] == '/') {
    size = snprintf(path, sizeof path, "%s", script);
  } else {
    if (getcwd(directory, sizeof directory) == nullptr) return false;
    size = snprintf(path, sizeof path, "%s/%s", directory, script);
  }
  return size > 0 && static_cast<size_t>(size) < sizeof path;
}

// _PyPathConfig_ComputeSysPath0() follows one link and makes the rest real; for a script that
// exists, realpath(3) of the link's target is the same unless the link leads to another link.
bool find_directory(const char* script, char (&directory)[PATH_MAX]) {
  struct stat status;
  if (lstat(script, &status) != 0 || S_ISLNK(status.st_mode)) return false;
  if (realpath(script, directory) == nullptr) return false;
  char* slash = strrchr(directory, '/');
  slash[slash == directory ? 1 : 0] = 0;
  return true;
}

}  // namespace

bool is_plain_script(const char* script, ScriptFile& file) {
  return is_plain_file(script) && make_absolute(script, file.path) &&
         find_directory(script, file.directory);
}

void remember_no_importer(const char* path) {
  PyObject* cache = python.PySys_GetObject("path_importer_cache");
  PyObject* key = python.PyUnicode_DecodeFSDefault(path);
  if (cache != nullptr && key != nullptr) python.PyDict_SetItem(cache, key, python.none());
  python.Py_DecRef(key);
}

}  // namespace pysnap::agent
