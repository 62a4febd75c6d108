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
#include <sys/mman.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// jmp *0(%rip), then the absolute target: reaches any address, needs no register.
constexpr unsigned char kJump[] = {0xff, 0x25, 0, 0, 0, 0};
constexpr size_t kDoorSize = sizeof kJump + sizeof(uint64_t);

unsigned char* door_place = nullptr;
unsigned char covered_bytes[kDoorSize];
int control_descriptor = -1;

void write_text(unsigned char* place, const unsigned char* bytes) {
  constexpr uintptr_t kPage = 4096;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(place) & ~(kPage - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(place) + kDoorSize + kPage - 1) & ~(kPage - 1);
  void* pages = reinterpret_cast<void*>(begin);
  if (mprotect(pages, end - begin, PROT_READ | PROT_WRITE) != 0)
    give_up("the interpreter's code cannot be made writable on this system");
  memcpy(place, bytes, kDoorSize);
  if (mprotect(pages, end - begin, PROT_READ | PROT_EXEC) != 0)
    give_up("the interpreter's code cannot be made executable again on this system");
}

// Stands in for `int Py_RunMain(void)`; never returns into the interpreter's main.
int enter_door() {
  write_text(door_place, covered_bytes);
  const uintptr_t frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  prepare_and_freeze(control_descriptor, frame);
}

void close_door() {
  door_place = static_cast<unsigned char*>(dlsym(RTLD_DEFAULT, "Py_RunMain"));
  if (door_place == nullptr) give_up("the program does not export Py_RunMain: it is not CPython");
  memcpy(covered_bytes, door_place, kDoorSize);
  unsigned char jump[kDoorSize];
  const uint64_t target = reinterpret_cast<uint64_t>(&enter_door);
  memcpy(jump, kJump, sizeof kJump);
  memcpy(jump + sizeof kJump, &target, sizeof target);
  write_text(door_place, jump);
}

// Runs in the booted process only: a child it starts has no such variable and is left alone.
__attribute__((constructor)) void load() {
  const char* descriptor = getenv(kControlVariable);
  if (descriptor == nullptr) return;
  control_descriptor = atoi(descriptor);
  unsetenv(kControlVariable);
  fcntl(control_descriptor, F_SETFD, FD_CLOEXEC);  // not for programs that imports start
  note_start_libraries();
  close_door();
}

}  // namespace

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
