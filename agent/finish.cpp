// Finalisation of what this run made, in the order of finalize_modules() of Python/pylifecycle.c:
// collect; take the run's modules out of sys.modules, then hide the others; collect; clear those of
// the run that are still alive; collect. CPython clears the others, too, and so reaches objects of
// the run that they hold; here those are finalised where they hang.
//
// PyDict_Next() borrows, so walking past thousands of frozen modules changes no reference count and
// copies no page.
#include "agent/agent.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

PyObject* modules = nullptr;      // sys.modules
PyObject* main_module = nullptr;  // held: the table of prepared modules can name it twice

// The names of the run's modules, __main__ first: it was there before the others. Under another
// name (multiprocessing keeps it as __mp_main__) it would stay alive.
PyObject* names_of_run() {
  PyObject* names = python.PyList_New(0);
  PyObject* main = python.PyUnicode_DecodeFSDefault("__main__");
  python.PyList_Append(names, main);
  python.Py_DecRef(main);
  long position = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(modules, &position, &key, &value) != 0) {
    if (!belongs_to_image(value) || value == main_module) python.PyList_Append(names, key);
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

void note_modules() { modules = python.PySys_GetObject("modules"); }

// gc.freeze() puts objects beyond the collector. Those of __main__ are the program's: a class of
// the program, its methods, their globals are one cycle, and only a collector that sees all of it
// calls the finalisers of what hangs on it while the names are still there.
void return_main_to_collector() {
  main_module = python.PyDict_GetItemString(modules, "__main__");
  if (main_module == nullptr) return;
  python.Py_IncRef(main_module);
  PyObject* parts[] = {main_module, python.PyModule_GetDict(main_module)};
  for (PyObject* part : parts) {
    if (part == nullptr || python.PyObject_GC_IsTracked(part) == 0) continue;
    python.PyObject_GC_UnTrack(part);
    python.PyObject_GC_Track(part);
  }
  python.PyErr_Clear();  // a warm-up can have put something else there
}

void let_go_of_main() {
  python.Py_DecRef(main_module);
  main_module = nullptr;
}

void finalize_run() {
  if (python.PySys_GetObject("last_value") != nullptr ||
      python.PySys_GetObject("last_exc") != nullptr)
    python.Py_DecRef(call(agent_names, "forget_last_error"));
  python.PyErr_Clear();
  python.PyGC_Collect();
  // A program can have put something else in the place of sys.modules.
  if (python.PySys_GetObject("modules") != modules) return;
  leave_system_names();
  PyObject* names = names_of_run();
  PyObject* references = take_out(names);
  python.Py_DecRef(names);
  empty_modules(modules);
  let_go_of_main();
  python.PyGC_Collect();
  clear_survivors(references);
  finalize_objects_of_run();
}

}  // namespace pysnap::agent
