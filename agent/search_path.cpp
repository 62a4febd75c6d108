#include "agent/search_path.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// -1: not a list, but something else that the program has put there.
long length_of(PyObject* list) {
  const long length = list == nullptr ? -1 : python.PyList_Size(list);
  if (length < 0) python.PyErr_Clear();
  return length;
}

// One expected list: its items by address. A list that the program replaces by an equal one has the
// same items.
struct ExpectedList {
  const char* name;  // in sys
  PyObject* items;   // a list of our own
};

ExpectedList expected[] = {{"path", nullptr}, {"meta_path", nullptr}, {"path_hooks", nullptr}};
PyObject* interesting = nullptr;

// The directories that a launch puts in front of sys.path: the script's, and few others.
struct NewDirectory {
  PyObject* entry;
  struct timespec modified;
  dev_t device;
  ino_t inode;  // an empty entry means the current directory, which changes
  bool is_harmless;
};

constexpr long kMostNewDirectories = 4;
constexpr int kEqual = 2;  // Py_EQ
NewDirectory seen[kMostNewDirectories];
long seen_count = 0;

// NAME, NAME.py, NAME.pyc, NAME.abi3.so and the like.
bool could_be_module_from_elsewhere(const char* file, PyObject* directory) {
  char name[256];
  const size_t length = strcspn(file, ".");
  const char* rest = file + length;
  const size_t rest_length = strlen(rest);
  const bool source = strncmp(rest, ".py", 3) == 0;
  const bool library = rest_length >= 3 && strcmp(rest + rest_length - 3, ".so") == 0;
  if (length == 0 || length >= sizeof name || (*rest != 0 && !source && !library)) return false;
  memcpy(name, file, length);
  name[length] = 0;
  PyObject* home = python.PyDict_GetItemString(interesting, name);
  if (home == nullptr) return false;
  const int same = python.PyObject_RichCompareBool(home, directory, kEqual);
  if (same < 0) python.PyErr_Clear();
  return same != 1;
}

bool is_harmless(const char* path, PyObject* entry_of_path) {
  DIR* directory = opendir(path);
  if (directory == nullptr) return true;  // nothing can be imported from there
  bool harmless = true;
  while (const struct dirent* entry = readdir(directory)) {
    if (could_be_module_from_elsewhere(entry->d_name, entry_of_path)) harmless = false;
  }
  closedir(directory);
  return harmless;
}

// A directory is read again when its time of modification says so, as importlib's finder does.
bool new_entry_is_harmless(PyObject* entry) {
  PyObject* encoded = python.PyUnicode_EncodeFSDefault(entry);
  if (encoded == nullptr) {
    python.PyErr_Clear();
    return false;
  }
  const char* path = python.PyBytes_AsString(encoded);
  if (*path == 0) path = ".";
  struct stat status;
  bool harmless = true;
  if (stat(path, &status) == 0) {
    NewDirectory* known = nullptr;
    for (long i = 0; i < seen_count; ++i) {
      if (seen[i].entry == entry) known = &seen[i];
    }
    if (known == nullptr && seen_count < kMostNewDirectories) {
      known = &seen[seen_count++];
      python.Py_IncRef(entry);
      *known = {entry, {-1, 0}, 0, 0, false};
    }
    if (known == nullptr || !S_ISDIR(status.st_mode)) {
      harmless = false;
    } else {
      if (known->device != status.st_dev || known->inode != status.st_ino ||
          memcmp(&known->modified, &status.st_mtim, sizeof status.st_mtim) != 0)
        *known = {entry, status.st_mtim, status.st_dev, status.st_ino, is_harmless(path, entry)};
      harmless = known->is_harmless;
    }
  }
  python.Py_DecRef(encoded);
  return harmless;
}

void expect(ExpectedList& list) {
  list.items = python.PyList_New(0);
  python.PyList_SetSlice(list.items, 0, 0, python.PySys_GetObject(list.name));
}

}  // namespace

bool ends_at(PyObject* list, PyObject* items, long skipped) {
  const long count = python.PyList_Size(items);
  if (length_of(list) != count + skipped) return false;
  for (long i = 0; i < count; ++i) {
    if (python.PyList_GetItem(list, i + skipped) != python.PyList_GetItem(items, i)) return false;
  }
  return true;
}

void watch_search_path(PyObject* names) {
  interesting = names;
  expect(expected[0]);
  expect_finders();
}

void expect_finders() {
  expect(expected[1]);
  expect(expected[2]);
}

bool finders_are_expected() {
  for (int i = 1; i < 3; ++i) {
    if (!ends_at(python.PySys_GetObject(expected[i].name), expected[i].items, 0)) return false;
  }
  return true;
}

bool search_is_unchanged() {
  if (!finders_are_expected()) return false;
  PyObject* path = python.PySys_GetObject("path");
  const long new_entries = length_of(path) - python.PyList_Size(expected[0].items);
  if (new_entries < 0 || new_entries > kMostNewDirectories) return false;
  if (!ends_at(path, expected[0].items, new_entries)) return false;
  for (long i = 0; i < new_entries; ++i) {
    if (!new_entry_is_harmless(python.PyList_GetItem(path, i))) return false;
  }
  return true;
}

}  // namespace pysnap::agent
