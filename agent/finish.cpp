// Finalisation of what this run made, in the order of finalize_modules() of Python/pylifecycle.c:
// collect; take the run's modules out of sys.modules, then hide the others; collect; clear those of
// the run that are still alive; collect; clear what the run has put under names of the others. What
// they hold of the run elsewhere is finalised where it hangs.
//
// PyDict_Next() borrows, so walking past thousands of frozen modules changes no reference count and
// copies no page.
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/prepared_modules.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

PyObject* modules = nullptr;        // sys.modules
PyObject* system_module = nullptr;  // sys
PyObject* main_module = nullptr;    // held: the table of prepared modules can name it twice

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

enum class Name { kPrivate, kOrdinary, kBuiltins, kNoText };

Name kind_of(PyObject* key) {
  const char* text = python.PyUnicode_AsUTF8AndSize(key, nullptr);
  if (text == nullptr) {
    // Text that UTF-8 has no form for is a name like others.
    const bool is_text = python.PyErr_ExceptionMatches(*python.PyExc_UnicodeEncodeError) != 0;
    python.PyErr_Clear();
    return is_text ? Name::kOrdinary : Name::kNoText;
  }
  if (text[0] == '_' && text[1] != '_') return Name::kPrivate;
  return strcmp(text, "__builtins__") == 0 ? Name::kBuiltins : Name::kOrdinary;
}

// `kept`: names with the values they keep, or nullptr. What can end is an object that the collector
// knows.
bool set_to_none(PyObject* names, Name wanted, PyObject* kept) {
  bool any = false;
  long position = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(names, &position, &key, &value) != 0) {
    if (value == python.none() || kind_of(key) != wanted) continue;
    if (kept != nullptr && (python.PyObject_GC_IsTracked(value) == 0 || belongs_to_image(value) ||
                            python.PyDict_GetItemWithError(kept, key) == value))
      continue;
    if (python.PyDict_SetItem(names, key, python.none()) != 0) python.PyErr_Clear();
    any = true;
  }
  return any;
}

int compare_turns(const void* one, const void* other) {
  const PreparedModule* a = *static_cast<PreparedModule* const*>(one);
  const PreparedModule* b = *static_cast<PreparedModule* const*>(other);
  if (a->turn != b->turn) return a->turn > b->turn ? -1 : 1;
  return a > b ? -1 : 1;
}

// What the program has put under names of prepared modules, the last one that was imported first: a
// file that a function keeps in a global variable is written and closed. Whether there was any.
bool clear_changed_names() {
  auto* changed = static_cast<PreparedModule**>(
      malloc(static_cast<size_t>(module_table.count) * sizeof(PreparedModule*)));
  if (changed == nullptr) return false;
  size_t count = 0;
  for (PreparedModule& record : module_table) {
    if (record.state == ModuleState::kPublished && record.names != nullptr &&
        version_of(record.names) != record.frozen_version && record.module != system_module)
      changed[count++] = &record;
  }
  qsort(changed, count, sizeof(PreparedModule*), compare_turns);
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    PyObject* frozen = names_at_freeze(*changed[i]);
    if (frozen == nullptr) continue;
    any |= set_to_none(changed[i]->names, Name::kPrivate, frozen);
    any |= set_to_none(changed[i]->names, Name::kOrdinary, frozen);
  }
  free(changed);
  return any;
}

// A module that is still alive after it left sys.modules loses its names.
void clear_survivors(PyObject* references) {
  bool any = false;
  for (long i = python.PyList_Size(references); i-- > 0;) {
    PyObject* module = python.PyWeakref_GetObject(python.PyList_GetItem(references, i));
    if (module == nullptr || module == python.none()) continue;
    any = true;
    PyObject* names = python.PyObject_GetAttrString(module, "__dict__");
    if (names != nullptr) clear_names(names);
    python.Py_DecRef(names);
    python.PyErr_Clear();
  }
  if (any) python.PyGC_Collect();
}

}  // namespace

void note_modules() {
  modules = python.PySys_GetObject("modules");
  system_module = python.PyDict_GetItemString(modules, "sys");
}

// _PyModule_ClearDict(): from C, so that what ends with a name is warned of without a frame of
// ours.
void clear_names(PyObject* names) {
  set_to_none(names, Name::kPrivate, nullptr);
  set_to_none(names, Name::kOrdinary, nullptr);
}

// gc.freeze() puts objects beyond the collector. Those of __main__ are the program's: a class of
// the program, its methods, their globals are one cycle, and only a collector that sees all of it
// calls the finalisers of what hangs on it while the names are still there.
void return_main_to_collector() {
  let_go_of_main();  // held since an earlier freeze
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
  python.PyGC_Collect();
  leave_system_names();
  // A program can have put something else in the place of sys.modules.
  if (python.PySys_GetObject("modules") != modules) {
    python.PyGC_Collect();
    return;
  }
  PyObject* names = names_of_run();
  let_go_of_main();  // it ends while the other modules are still there
  PyObject* references = take_out(names);
  python.Py_DecRef(names);
  empty_modules(modules);
  python.PyGC_Collect();
  clear_survivors(references);
  if (clear_changed_names()) python.PyGC_Collect();
  finalize_objects_of_run();
}

}  // namespace pysnap::agent
