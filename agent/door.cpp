// The door: the agent takes the place of Py_RunMain, so it runs after the interpreter's own
// complete start-up, with no Python frame on the stack.
//
// The first instructions of the exported Py_RunMain are replaced by a jump when the library is
// loaded and put back when the jump is taken, so the captured text equals the file again.
// An interposed symbol would not do: a static interpreter binds the call to itself.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/clean_memory.h"
#include "agent/detour.h"

namespace pysnap::agent {
namespace {

constinit Detour door;  // no constructor: load() runs first
int control_descriptor = -1;

// Stands in for `int Py_RunMain(void)`; never returns into the interpreter's main.
int enter_door() {
  if (!door.remove()) give_up("the interpreter's code cannot be put back on this system");
  const uintptr_t frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  prepare_and_freeze(control_descriptor, frame);
}

void close_door() {
  void* place = dlsym(RTLD_DEFAULT, "Py_RunMain");
  if (place == nullptr) give_up("the program does not export Py_RunMain: it is not CPython");
  if (!door.install(place, reinterpret_cast<void*>(&enter_door)))
    give_up("the interpreter's code cannot be changed on this system");
}

// Runs in the booted process only: a child it starts has no such variable and is left alone.
__attribute__((constructor)) void load() {
  const char* descriptor = getenv(kControlVariable);
  if (descriptor == nullptr) return;
  unsetenv(kControlVariable);
  listen_to_builder(atoi(descriptor));
  note_start_libraries();
  watch_c_seeds();
  begin_clean_memory();
  close_door();
}

}  // namespace

void listen_to_builder(int descriptor) {
  control_descriptor = descriptor;
  if (descriptor >= 0) fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // not for programs that are started
}

[[noreturn]] void end_boot(const char* verb, const char* sentence) {
  char record[1024];
  const int size = snprintf(record, sizeof record, "%s\x1f%s\x1e", verb, sentence);
  const size_t length = size < 0 ? 0 : strlen(record);
  if (control_descriptor >= 0 && write(control_descriptor, record, length) < 0) _exit(1);
  _exit(1);
}

[[noreturn]] void give_up(const char* sentence) { end_boot("fail", sentence); }

[[noreturn]] void refuse(const char* sentence) { end_boot("refused", sentence); }

}  // namespace pysnap::agent
