// Sub-interpreters that the program has left. From 3.12 on their exit functions run and their
// modules end after those of the main interpreter (finalize_subinterpreters() of
// Python/pylifecycle.c); earlier versions leave them alone.
#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// A thread state can be in any condition; a fresh one is in none.
void* fresh_thread_state(void* interpreter, void* own) {
  void* old = python.PyInterpreterState_ThreadHead(interpreter);
  if (old != nullptr) {
    python.PyThreadState_Swap(old);
    python.PyThreadState_Clear(old);
    python.PyThreadState_Swap(own);
    python.PyThreadState_Delete(old);
  }
  return python.PyThreadState_New(interpreter);
}

}  // namespace

void end_sub_interpreters() {
  void* const main = python.PyInterpreterState_Get();
  void* interpreter = python.PyInterpreterState_Head();  // the newest first
  if (interpreter == main || threads_remain() || python.minor_version() < 12) return;
  void* const own = python.PyThreadState_Get();
  while (interpreter != nullptr) {
    void* const next = python.PyInterpreterState_Next(interpreter);
    void* const fresh = interpreter == main ? nullptr : fresh_thread_state(interpreter, own);
    if (fresh != nullptr) {
      python.PyThreadState_Swap(fresh);
      python.Py_EndInterpreter(fresh);
      python.PyThreadState_Swap(own);
    }
    interpreter = next;
  }
}

}  // namespace pysnap::agent
