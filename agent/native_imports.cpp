// Imports that C code makes without the import statement: Cython's modules call
// PyImport_ImportModuleLevelObject() directly, and nothing of Python hears of it when the module is
// there already. While an extension module is executed that function takes a detour.
//
// The detour is away while the function itself runs; a module that is executed inside sets it
// again for itself (agent/python/recorder.py).
#include <dlfcn.h>

#include "agent/agent.h"
#include "agent/detour.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

constinit Detour detour;
bool is_watching = false;

PyObject* import_level_object(PyObject* name, PyObject* names, PyObject* locals, PyObject* list,
                              int level);

using ImportFunction = PyObject* (*)(PyObject*, PyObject*, PyObject*, PyObject*, int);

ImportFunction import_function() {
  static const auto function =
      reinterpret_cast<ImportFunction>(dlsym(RTLD_DEFAULT, "PyImport_ImportModuleLevelObject"));
  return function;
}

void watch(bool wanted) {
  if (wanted == is_watching || import_function() == nullptr) return;
  is_watching = wanted;
  const bool done = wanted ? detour.install(reinterpret_cast<void*>(import_function()),
                                            reinterpret_cast<void*>(&import_level_object))
                           : detour.remove();
  if (!done) give_up("the interpreter's code cannot be changed on this system");
}

PyObject* or_none(PyObject* object) { return object == nullptr ? python.none() : object; }

PyObject* import_level_object(PyObject* name, PyObject* names, PyObject* locals, PyObject* list,
                              int level) {
  watch(false);
  PyObject* module = import_function()(name, names, locals, list, level);
  if (module != nullptr) {
    PyObject* number = python.PyLong_FromLong(level);
    PyObject* note = python.PyDict_GetItemString(agent_names, "note_native_import");
    PyObject* result = python.PyObject_CallFunctionObjArgs(note, name, or_none(names), number,
                                                           or_none(list), nullptr);
    if (result == nullptr) python.PyErr_Clear();
    python.Py_DecRef(result);
    python.Py_DecRef(number);
  }
  watch(true);
  return module;
}

}  // namespace

PyObject* watch_native_imports(PyObject*, PyObject* wanted) {
  const bool before = is_watching;
  watch(python.PyObject_IsTrue(wanted) == 1);
  return python.PyLong_FromLong(before);
}

}  // namespace pysnap::agent
