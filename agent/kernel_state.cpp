// What the kernel knows of this thread, asked before the freeze.
#include <asm/prctl.h>
#include <dlfcn.h>
#include <linux/rseq.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

uint64_t thread_pointer() {
  uint64_t base = 0;
  syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
  return base;
}

// glibc caches the thread id in its thread block and gives the kernel the address of that field
// (set_tid_address(2)); the kernel tells it back where checkpoint support is built in. Without it,
// the field is searched: it holds the id of this very thread.
uint64_t thread_id_address(uint64_t thread_block) {
  uint64_t address = 0;
  if (prctl(PR_GET_TID_ADDRESS, &address) == 0 && address != 0) return address;
  const int thread_id = static_cast<int>(syscall(SYS_gettid));
  constexpr size_t kThreadBlockSize = 0x900;  // sizeof(struct pthread), glibc 2.31-2.41
  for (size_t at = 0; at < kThreadBlockSize; at += sizeof(int)) {
    int word;
    memcpy(&word, reinterpret_cast<const char*>(thread_block) + at, sizeof word);
    if (word == thread_id) return thread_block + at;
  }
  give_up("the C library's cached thread id cannot be found: only glibc is supported");
}

// Registered by glibc 2.35 and later (rseq(2), "Restartable sequences" in the glibc manual); both
// symbols are exported for exactly such a purpose.
void read_rseq(format::KernelState& state) {
  const auto* offset = static_cast<const ptrdiff_t*>(dlsym(RTLD_DEFAULT, "__rseq_offset"));
  const auto* size = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_size"));
  if (offset == nullptr || size == nullptr || *size == 0) return;
  state.rseq_address = state.thread_pointer + static_cast<uint64_t>(*offset);
  // The length registered is at least the original 32 bytes, whatever part is in use.
  state.rseq_size = *size < 32 ? 32 : *size;
}

void read_signals(format::KernelState& state) {
  constexpr size_t kMaskSize = 8;
  for (uint32_t number = 1; number <= format::kSignalCount; ++number)
    syscall(SYS_rt_sigaction, number, nullptr, &state.actions[number - 1], kMaskSize);
  struct {
    uint64_t pointer;
    int32_t flags;
    uint32_t padding;
    uint64_t size;
  } stack = {};
  syscall(SYS_sigaltstack, nullptr, &stack);
  state.alternate_stack[0] = stack.pointer;
  state.alternate_stack[1] = static_cast<uint64_t>(static_cast<uint32_t>(stack.flags));
  state.alternate_stack[2] = stack.size;
}

}  // namespace

void read_kernel_state(format::KernelState& state) {
  state.thread_pointer = thread_pointer();
  state.thread_id_address = thread_id_address(state.thread_pointer);
  syscall(SYS_get_robust_list, 0, &state.robust_list_head, &state.robust_list_size);
  read_rseq(state);
  read_signals(state);
  uint16_t x87 = 0;
  __asm__ volatile("stmxcsr %0" : "=m"(state.vector_control));
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  state.x87_control = x87;
}

}  // namespace pysnap::agent
