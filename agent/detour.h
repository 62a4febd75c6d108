// A jump written over the first instructions of a function of the interpreter, and taken away
// again: afterwards its text equals the file. x86-64.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace pysnap::agent {

class Detour {
 public:
  // Calls of `function` run `target` from here on. Not nested: one detour, one function. False:
  // this system lets nobody change code, and the function may not be executable any more.
  bool install(void* function, void* target);
  // The function is itself again; the detour may be installed again. False as above.
  bool remove();

 private:
  // jmp *0(%rip), then the absolute target: reaches any address, needs no register.
  static constexpr unsigned char kJump[] = {0xff, 0x25, 0, 0, 0, 0};
  static constexpr size_t kSize = sizeof kJump + sizeof(uint64_t);

  bool write(const unsigned char* bytes);

  unsigned char* place_ = nullptr;
  unsigned char covered_[kSize] = {};
};

}  // namespace pysnap::agent
