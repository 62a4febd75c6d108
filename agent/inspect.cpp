// The session with a person that can follow a program: pymain_repl() of CPython's Modules/main.c.
// Only the variable PYTHONINSPECT, set by the program itself, leads here; a launch that asks for a
// session from the start is plain Python's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

bool is_set(const char* name) {
  const char* value = getenv(name);
  return value != nullptr && *value != 0;
}

// Prepares the line editor. A hook that fails is reported and prevents nothing.
void run_hook() {
  PyObject* hook = python.PySys_GetObject("__interactivehook__");
  if (hook == nullptr) return;
  PyObject* result = nullptr;
  if (python.PySys_Audit("cpython.run_interactivehook", "O", hook) == 0)
    result = python.PyObject_CallFunctionObjArgs(hook, nullptr);
  if (result == nullptr) {
    python.PySys_WriteStderr("Failed calling sys.__interactivehook__\n");
    python.PyErr_Print();
  }
  python.Py_DecRef(result);
}

// The console that is written in Python, since 3.13.
int run_new_console() {
  PyObject* module = python.PyImport_ImportModule("_pyrepl.main");
  PyObject* console =
      module == nullptr ? nullptr : python.PyObject_GetAttrString(module, "interactive_console");
  PyObject* no = python.PyBool_FromLong(0);
  PyObject* result = console == nullptr ? nullptr
                                        : python.PyObject_CallFunctionObjArgs(
                                              console, python.none(), no, no, nullptr);
  if (result == nullptr) python.PyErr_Print();
  return result == nullptr ? 1 : 0;
}

}  // namespace

bool wants_session() {
  return frozen_reads_environment() && is_set("PYTHONINSPECT") && isatty(STDIN_FILENO) == 1;
}

int run_session() {
  run_hook();
  const bool has_console = python.minor_version() >= 13;
  if (has_console && !is_set("PYTHON_BASIC_REPL")) return run_new_console();
  CompilerFlags flags = {0, 0};
  return python.PyRun_AnyFileExFlags(stdin, "<stdin>", 0, &flags) != 0 ? 1 : 0;
}

}  // namespace pysnap::agent
