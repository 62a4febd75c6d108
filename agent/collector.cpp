// gc.freeze() hides the frozen objects from gc.get_objects() and gc.get_referrers(), which `python
// -m trace` and leak finders use. The first such call of a program gives them back to the
// collector: moving them between its lists takes no time, but from then on a full collection looks
// at all of them, as under plain Python.
#include "agent/agent.h"

namespace pysnap::agent {
namespace {

PyObject* unfreeze = nullptr;
bool thawed = false;
long frozen_by_start = 0;  // 3.12 freezes some objects itself
long frozen_by_build = 0;

Method original_get_objects = nullptr;
Method original_get_referrers = nullptr;
Method original_get_freeze_count = nullptr;

void thaw() {
  if (thawed) return;
  thawed = true;
  python.Py_DecRef(python.PyObject_CallFunctionObjArgs(unfreeze, nullptr));
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

long freeze_count() {
  PyObject* gc = python.PyDict_GetItemString(agent_names, "gc");
  PyObject* function = python.PyObject_GetAttrString(gc, "get_freeze_count");
  PyObject* count =
      function == nullptr ? nullptr : python.PyObject_CallFunctionObjArgs(function, nullptr);
  if (count == nullptr) give_up("the interpreter's gc module lacks a function");
  return python.PyLong_AsLong(count);
}

}  // namespace

void note_frozen_by_start() { frozen_by_start = freeze_count(); }

void let_program_see_frozen_objects() {
  PyObject* gc = python.PyDict_GetItemString(agent_names, "gc");
  unfreeze = python.PyObject_GetAttrString(gc, "unfreeze");
  if (unfreeze == nullptr) give_up("the interpreter's gc module lacks a function");
  frozen_by_build = freeze_count();
  exchange_method(gc, "get_freeze_count", get_freeze_count, original_get_freeze_count);
  exchange_method(gc, "get_objects", get_objects, original_get_objects);
  exchange_method(gc, "get_referrers", get_referrers, original_get_referrers);
}

}  // namespace pysnap::agent
