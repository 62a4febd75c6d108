// gc.freeze() hides the frozen objects from gc.get_objects() and gc.get_referrers(), which `python
// -m trace` and leak finders use. The first such call of a program gives them back to the
// collector: moving them between its lists takes no time, but from then on a full collection looks
// at all of them, as under plain Python.
//
// The same lists tell what a run has made: everything in them that is not frozen.
#include "agent/agent.h"

namespace pysnap::agent {
namespace {

PyObject* gc_module = nullptr;
bool thawed = false;
long frozen_by_start = 0;  // 3.12 freezes some objects itself
long frozen_by_build = 0;

Method original_get_objects = nullptr;
Method original_get_referrers = nullptr;
Method original_get_freeze_count = nullptr;
Method original_unfreeze = nullptr;

void thaw() {
  if (thawed) return;
  thawed = true;
  python.Py_DecRef(original_unfreeze(gc_module, nullptr, nullptr, nullptr));
}

// The program's own wish is for all that was frozen, by whomever.
PyObject* unfreeze(PyObject* a, PyObject* b, PyObject* c, PyObject* d) {
  thawed = true;
  frozen_by_start = 0;
  return original_unfreeze(a, b, c, d);
}

PyObject* get_objects(PyObject* a, PyObject* b, PyObject* c, PyObject* d) {
  thaw();
  return original_get_objects(a, b, c, d);
}

PyObject* get_referrers(PyObject* a, PyObject* b, PyObject* c, PyObject* d) {
  thaw();
  return original_get_referrers(a, b, c, d);
}

// What it would be without the build's freeze.
PyObject* get_freeze_count(PyObject* a, PyObject* b, PyObject* c, PyObject* d) {
  PyObject* count = original_get_freeze_count(a, b, c, d);
  if (count == nullptr) return nullptr;
  const long all = python.PyLong_AsLong(count);
  python.Py_DecRef(count);
  if (thawed) return python.PyLong_FromLong(all + frozen_by_start);
  // Some of the build's have died meanwhile.
  return python.PyLong_FromLong(frozen_by_start +
                                (all > frozen_by_build ? all - frozen_by_build : 0));
}

// The interpreter's own count, also where a program's question is answered otherwise already.
long freeze_count() {
  PyObject* gc = python.PyDict_GetItemString(agent_names, "gc");
  if (original_get_freeze_count != nullptr)
    return python.PyLong_AsLong(original_get_freeze_count(gc, nullptr, nullptr, nullptr));
  PyObject* function = python.PyObject_GetAttrString(gc, "get_freeze_count");
  PyObject* count =
      function == nullptr ? nullptr : python.PyObject_CallFunctionObjArgs(function, nullptr);
  if (count == nullptr) give_up("the interpreter's gc module lacks a function");
  return python.PyLong_AsLong(count);
}

// The front of every object (Include/object.h).
struct ObjectHead {
  long reference_count;
  PyObject* type;
};

PyObject* file_type = nullptr;
PyObject* thread_count = nullptr;  // _thread._count()

// The lowest layer of a standard stream, which does not own its descriptor: its end would take the
// stream away from who still writes, and nothing waits in it.
bool only_borrows(PyObject* object) {
  if (reinterpret_cast<const ObjectHead*>(object)->type != file_type) return false;
  PyObject* owns = python.PyObject_GetAttrString(object, "closefd");
  const bool borrows = owns != nullptr && python.PyObject_IsTrue(owns) == 0;
  python.Py_DecRef(owns);
  python.PyErr_Clear();
  return borrows;
}

PyObject* system_names = nullptr;

// What has a name in sys ends last of all under CPython, when nobody can hear of its errors any
// more; here it does not end.
bool is_named_by_sys(PyObject* object) {
  long position = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(system_names, &position, &key, &value) != 0) {
    if (value == object) return true;
  }
  return false;
}

}  // namespace

bool threads_remain() {
  PyObject* count = python.PyObject_CallFunctionObjArgs(thread_count, nullptr);
  const bool remain = count == nullptr || python.PyObject_IsTrue(count) != 0;
  python.Py_DecRef(count);
  python.PyErr_Clear();
  return remain;
}

void finalize_objects_of_run() {
  // Daemon threads never end and keep what they use, with its locks: their objects are among them.
  if (thawed || threads_remain()) return;
  PyObject* objects = original_get_objects(gc_module, nullptr, nullptr, nullptr);
  if (objects == nullptr) return python.PyErr_Clear();
  for (long i = 0; i < python.PyList_Size(objects); ++i) {
    PyObject* object = python.PyList_GetItem(objects, i);
    if (!only_borrows(object) && !is_named_by_sys(object)) python.PyObject_CallFinalizer(object);
  }
  python.Py_DecRef(objects);
}

void note_frozen_by_start() { frozen_by_start = freeze_count(); }

void let_program_see_frozen_objects() {
  PyObject* gc = python.PyDict_GetItemString(agent_names, "gc");
  gc_module = gc;
  system_names = python.PyModule_GetDict(
      python.PyDict_GetItemString(python.PySys_GetObject("modules"), "sys"));
  file_type = python.PyDict_GetItemString(
      python.PyModule_GetDict(python.PyImport_ImportModule("_io")), "FileIO");
  thread_count =
      python.PyObject_GetAttrString(python.PyDict_GetItemString(agent_names, "thread"), "_count");
  if (thread_count == nullptr) give_up("the interpreter's _thread module lacks a function");
  thawed = false;
  frozen_by_build = freeze_count();
  exchange_method(gc, "get_freeze_count", get_freeze_count, original_get_freeze_count);
  exchange_method(gc, "unfreeze", unfreeze, original_unfreeze);
  exchange_method(gc, "get_objects", get_objects, original_get_objects);
  exchange_method(gc, "get_referrers", get_referrers, original_get_referrers);
}

}  // namespace pysnap::agent
