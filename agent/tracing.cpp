#include "agent/tracing.h"

#include <dlfcn.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

constexpr long kTools = 6;  // sys.monitoring: 0 to 5; trace and profile functions have their own

PyObject* get_trace = nullptr;
PyObject* get_profile = nullptr;
PyObject* get_tool = nullptr;  // of sys.monitoring, from 3.12 on
PyObject* tool_numbers[kTools];

void (*enter_tracing)(void* thread_state) = nullptr;  // from 3.11 on
void (*leave_tracing)(void* thread_state) = nullptr;

bool answers_none(PyObject* function, PyObject* argument) {
  PyObject* answer = python.PyObject_CallFunctionObjArgs(function, argument, nullptr);
  const bool none = answer == python.none();
  python.Py_DecRef(answer);
  return none;
}

}  // namespace

void find_tracing() {
  get_trace = python.PySys_GetObject("gettrace");
  get_profile = python.PySys_GetObject("getprofile");
  if (get_trace == nullptr || get_profile == nullptr) give_up("sys lacks a function");
  PyObject* monitoring = python.PySys_GetObject("monitoring");
  if (monitoring != nullptr) get_tool = python.PyObject_GetAttrString(monitoring, "get_tool");
  for (long i = 0; i < kTools; ++i) tool_numbers[i] = python.PyLong_FromLong(i);
  using Switch = void (*)(void*);
  enter_tracing = reinterpret_cast<Switch>(dlsym(RTLD_DEFAULT, "PyThreadState_EnterTracing"));
  leave_tracing = reinterpret_cast<Switch>(dlsym(RTLD_DEFAULT, "PyThreadState_LeaveTracing"));
}

bool is_traced() {
  if (!answers_none(get_trace, nullptr) || !answers_none(get_profile, nullptr)) return true;
  if (get_tool == nullptr) return false;
  for (PyObject* number : tool_numbers) {
    if (!answers_none(get_tool, number)) return true;
  }
  return false;
}

void Untraced::hide() const {
  if (enter_tracing != nullptr && leave_tracing != nullptr)
    enter_tracing(python.PyThreadState_Get());
}

void Untraced::show() const {
  if (enter_tracing != nullptr && leave_tracing != nullptr)
    leave_tracing(python.PyThreadState_Get());
}

}  // namespace pysnap::agent
