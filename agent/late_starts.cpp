// CPython 3.12 starts no thread and forks no process from the moment on when the main thread has
// ended its program, so neither in exit functions. (3.13 does from a later moment on, which
// agent/finalizing.cpp marks; versions before 3.12 do not care.)

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

bool ended = false;

enum Start { kThread, kThreadByOldName, kFork, kForkWithTerminal, kStarts };

struct Guarded {
  const char* module;
  const char* function;
  const char* refusal;
  Method original;
};

Guarded guarded[kStarts] = {
    {"_thread", "start_new_thread", "can't create new thread at interpreter shutdown", nullptr},
    {"_thread", "start_new", "can't create new thread at interpreter shutdown", nullptr},
    {"posix", "fork", "can't fork at interpreter shutdown", nullptr},
    {"posix", "forkpty", "can't fork at interpreter shutdown", nullptr},
};

template <Start kStart>
PyObject* start(PyObject* a, PyObject* b, PyObject* c, PyObject* d) {
  if (!ended) return guarded[kStart].original(a, b, c, d);
  python.PyErr_SetString(*python.PyExc_RuntimeError, guarded[kStart].refusal);
  return nullptr;
}

}  // namespace

void guard_late_starts() {
  if (python.minor_version() != 12) return;
  constexpr Method kReplacements[kStarts] = {start<kThread>, start<kThreadByOldName>, start<kFork>,
                                             start<kForkWithTerminal>};
  for (int i = 0; i < kStarts; ++i) {
    PyObject* module = python.PyImport_ImportModule(guarded[i].module);
    if (module == nullptr) give_up("a module of the interpreter is not there");
    exchange_method(module, guarded[i].function, kReplacements[i], guarded[i].original);
  }
}

void refuse_late_starts() { ended = true; }

}  // namespace pysnap::agent
