#include "agent/detour.h"

#include <string.h>
#include <sys/mman.h>

namespace pysnap::agent {

bool Detour::write(const unsigned char* bytes) {
  constexpr uintptr_t kPage = 4096;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(place_) & ~(kPage - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(place_) + kSize + kPage - 1) & ~(kPage - 1);
  void* pages = reinterpret_cast<void*>(begin);
  if (mprotect(pages, end - begin, PROT_READ | PROT_WRITE) != 0) return false;
  memcpy(place_, bytes, kSize);
  return mprotect(pages, end - begin, PROT_READ | PROT_EXEC) == 0;
}

bool Detour::install(void* function, void* target) {
  place_ = static_cast<unsigned char*>(function);
  memcpy(covered_, place_, kSize);
  unsigned char jump[kSize];
  memcpy(jump, kJump, sizeof kJump);
  memcpy(jump + sizeof kJump, &target, sizeof target);
  return write(jump);
}

bool Detour::remove() { return write(covered_); }

}  // namespace pysnap::agent
