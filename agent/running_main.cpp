// From 3.12 on an interpreter knows whether it runs a program at its top level, which the modules
// for sub-interpreters ask. pymain_run_python() of Modules/main.c, which a launch does not enter,
// says so.
#include <dlfcn.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

void (*set_not_running)(void* interpreter) = nullptr;

}  // namespace

void begin_running_main() {
  const auto set_running =
      reinterpret_cast<int (*)(void*)>(dlsym(RTLD_DEFAULT, "_PyInterpreterState_SetRunningMain"));
  set_not_running = reinterpret_cast<void (*)(void*)>(
      dlsym(RTLD_DEFAULT, "_PyInterpreterState_SetNotRunningMain"));
  if (set_running == nullptr || set_not_running == nullptr) return;
  if (set_running(python.PyInterpreterState_Get()) != 0) python.PyErr_Clear();
}

void end_running_main() {
  if (set_not_running != nullptr) set_not_running(python.PyInterpreterState_Get());
}

}  // namespace pysnap::agent
