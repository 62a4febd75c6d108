// What finalisers find at the end of a program: CPython has taken the attributes that imports need
// out of sys, and everything out of sys.modules (finalize_modules() of Python/pylifecycle.c). An
// import in a finaliser then fails, and reports of errors and warnings show no source lines.
//
// Emptying sys.modules for real would write to every module of the image, and free some. Instead
// its contents change places with those of an empty dictionary.
#include <stdint.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

struct Dictionary {  // PyDictObject, the same from 3.10 to 3.13
  long reference_count;
  PyObject* type;
  long used;
  uint64_t version;
  void* keys;
  void* values;  // of dictionaries that share their keys
};

PyObject* empty = nullptr;

void change_places(PyObject* first, PyObject* second) {
  auto one = reinterpret_cast<Dictionary*>(first);
  auto other = reinterpret_cast<Dictionary*>(second);
  const Dictionary kept = *one;
  one->used = other->used;
  one->keys = other->keys;
  one->values = other->values;
  other->used = kept.used;
  other->keys = kept.keys;
  other->values = kept.values;
}

// Whether dictionaries of this interpreter look as described above.
bool can_change_places() {
  PyObject* full = python.PyDict_New();
  python.PyDict_SetItemString(full, "key", python.none());
  PyObject* bare = python.PyDict_New();
  change_places(full, bare);
  const bool fits = python.PyDict_Size(full) == 0 && python.PyDict_Size(bare) == 1 &&
                    python.PyDict_GetItemString(full, "key") == nullptr &&
                    python.PyDict_GetItemString(bare, "key") == python.none();
  change_places(full, bare);
  const bool back = python.PyDict_Size(full) == 1 && python.PyDict_Size(bare) == 0;
  python.Py_DecRef(full);
  python.Py_DecRef(bare);
  return fits && back;
}

// finalize_modules_delete_special(), in its order: what the last error holds ends when sys.path is
// gone and sys.meta_path is not.
constexpr const char* kSetToNone[] = {"path",       "argv",
                                      "ps1",        "ps2",
                                      "last_exc",   "last_type",
                                      "last_value", "last_traceback",
                                      "path_hooks", "path_importer_cache",
                                      "meta_path",  "__interactivehook__"};
constexpr const char* kStreams[][2] = {
    {"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"}};

}  // namespace

void prepare_last_state() {
  if (!can_change_places()) return;
  empty = python.PyDict_New();
  // Held once more: what they contain is then not freed, object by object, at the end of each
  // launch.
  for (const char* name : kSetToNone) {
    PyObject* value = python.PySys_GetObject(name);
    if (value != nullptr) python.Py_IncRef(value);
  }
}

void leave_system_names() {
  for (const char* name : kSetToNone) {
    PyObject* value = python.PySys_GetObject(name);
    if (value != nullptr && value != python.none()) python.PySys_SetObject(name, python.none());
  }
  for (const auto& [name, original] : kStreams) {
    PyObject* stream = python.PySys_GetObject(original);
    if (stream != nullptr && stream != python.PySys_GetObject(name))
      python.PySys_SetObject(name, stream);
  }
  python.PyErr_Clear();
}

void empty_modules(PyObject* modules) {
  if (empty != nullptr) change_places(modules, empty);
  empty = nullptr;
}

}  // namespace pysnap::agent
