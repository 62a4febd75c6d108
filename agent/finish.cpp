// Finalisation of what this run made, in the order of finalize_modules() of Python/pylifecycle.c:
// collect; take the run's modules out of sys.modules; collect; clear those that are still alive;
// collect.
//
// Which modules are the run's: sys.modules keeps the order of insertion, and its frozen keys are
// known by address. PyDict_Next() borrows, so walking past thousands of frozen entries changes no
// reference count and copies no page.
#include <stdlib.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

PyObject* modules = nullptr;  // sys.modules
PyObject** frozen_keys = nullptr;
PyObject** frozen_values = nullptr;
long frozen_count = 0;

// A module object that the freeze found under the same name, wherever it stands now.
bool is_frozen(PyObject* key, PyObject* value, long& expected) {
  for (long i = expected; i < frozen_count; ++i) {
    if (frozen_keys[i] != key) continue;
    expected = i + 1;
    return frozen_values[i] == value;
  }
  for (long i = 0; i < expected; ++i) {
    if (frozen_keys[i] == key) return frozen_values[i] == value;
  }
  return false;
}

// The names of the run's modules, __main__ first: it was there before the others.
PyObject* names_of_run() {
  PyObject* names = python.PyList_New(0);
  PyObject* main = python.PyUnicode_DecodeFSDefault("__main__");
  python.PyList_Append(names, main);
  python.Py_DecRef(main);
  long position = 0;
  long expected = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(modules, &position, &key, &value) != 0) {
    if (!is_frozen(key, value, expected)) python.PyList_Append(names, key);
  }
  return names;
}

// Weak references to the modules that are taken out of sys.modules.
PyObject* take_out(PyObject* names) {
  PyObject* references = python.PyList_New(0);
  for (long i = 0; i < python.PyList_Size(names); ++i) {
    PyObject* name = python.PyList_GetItem(names, i);
    PyObject* module = python.PyDict_GetItemWithError(modules, name);
    if (module == nullptr) continue;
    PyObject* reference = python.PyWeakref_NewRef(module, nullptr);
    if (reference != nullptr) python.PyList_Append(references, reference);
    python.Py_DecRef(reference);
    python.PyErr_Clear();  // what stands there need not be a module
    if (python.PyDict_DelItem(modules, name) != 0) python.PyErr_Clear();
  }
  return references;
}

void clear_survivors(PyObject* references) {
  bool any = false;
  for (long i = python.PyList_Size(references); i-- > 0;) {
    PyObject* module = python.PyWeakref_GetObject(python.PyList_GetItem(references, i));
    if (module == nullptr || module == python.none()) continue;
    any = true;
    PyObject* result = call(agent_names, "clear_module", module);
    if (result == nullptr) python.PyErr_Clear();
    python.Py_DecRef(result);
  }
  if (any) python.PyGC_Collect();
}

}  // namespace

void note_frozen_modules() {
  modules = python.PySys_GetObject("modules");
  long position = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(modules, &position, &key, &value) != 0) ++frozen_count;
  const size_t room = static_cast<size_t>(frozen_count);
  frozen_keys = static_cast<PyObject**>(calloc(room, sizeof(PyObject*)));
  frozen_values = static_cast<PyObject**>(calloc(room, sizeof(PyObject*)));
  if (frozen_keys == nullptr || frozen_values == nullptr) give_up("out of memory at the freeze");
  position = 0;
  for (long i = 0; i < frozen_count; ++i) {
    python.PyDict_Next(modules, &position, &key, &value);
    frozen_keys[i] = key;
    frozen_values[i] = value;
  }
}

void finalize_run() {
  if (python.PySys_GetObject("last_value") != nullptr ||
      python.PySys_GetObject("last_exc") != nullptr)
    python.Py_DecRef(call(agent_names, "forget_last_error"));
  python.PyErr_Clear();
  python.PyGC_Collect();
  // A program can have put something else in the place of sys.modules.
  if (python.PySys_GetObject("modules") != modules) return;
  PyObject* names = names_of_run();
  PyObject* references = take_out(names);
  python.Py_DecRef(names);
  python.PyGC_Collect();
  clear_survivors(references);
}

}  // namespace pysnap::agent
