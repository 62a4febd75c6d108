#include "restore/kernel_state.h"

#include <asm/prctl.h>
#include <signal.h>

#include "bare/system_call.h"

namespace pysnap::restore {
namespace {

constexpr long kMaskSize = 8;
constexpr uint64_t kIgnored = 1;  // SIG_IGN as the kernel stores it

bool caller_ignores(uint32_t number) {
  format::SignalAction now = {};
  bare::system_call(SYS_rt_sigaction, number, 0, bare::as_word(&now), kMaskSize);
  return now.handler == kIgnored;
}

}  // namespace

uint64_t block_signals() {
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  constexpr long kSetMask = 2;  // SIG_SETMASK
  bare::system_call(SYS_rt_sigprocmask, kSetMask, bare::as_word(&all), bare::as_word(&before),
                    kMaskSize);
  return before;
}

void restore_signals(const format::KernelState& state) {
  for (uint32_t number = 1; number <= format::kSignalCount; ++number) {
    const format::SignalAction& action = state.actions[number - 1];
    if (action.handler == 0) continue;  // default: what the caller passed on stays
    if (action.handler != kIgnored && caller_ignores(number)) continue;
    bare::system_call(SYS_rt_sigaction, number, bare::as_word(&action), 0, kMaskSize);
  }
  const uint64_t* stack = state.alternate_stack;
  constexpr uint64_t kDisabled = 2;  // SS_DISABLE
  if (stack[1] != kDisabled) bare::system_call(SYS_sigaltstack, bare::as_word(stack), 0);
}

uint64_t restore_thread(const format::KernelState& state) {
  const bare::SystemResult thread_id =
      bare::system_call(SYS_set_tid_address, static_cast<long>(state.thread_id_address));
  // glibc's own copy; mutexes and raise() use it.
  *reinterpret_cast<int*>(state.thread_id_address) = static_cast<int>(thread_id.raw);
  bare::system_call(SYS_set_robust_list, static_cast<long>(state.robust_list_head),
                    static_cast<long>(state.robust_list_size));
  if (state.rseq_address != 0) {
    constexpr long kSignature = 0x53053053;  // RSEQ_SIG, what glibc registers on x86-64
    const bare::SystemResult registered =
        bare::system_call(SYS_rseq, static_cast<long>(state.rseq_address),
                          static_cast<long>(state.rseq_size), 0, kSignature);
    // The second word is the processor's number, now that of the boot; -2 says there is none
    // (RSEQ_CPU_ID_REGISTRATION_FAILED, linux/rseq.h), and glibc asks the kernel instead.
    if (registered.failed()) reinterpret_cast<int32_t*>(state.rseq_address)[1] = -2;
  }
  const uint16_t x87 = static_cast<uint16_t>(state.x87_control);
  __asm__ volatile("ldmxcsr %0" : : "m"(state.vector_control));
  __asm__ volatile("fldcw %0" : : "m"(x87));
  // Last: from here on %fs belongs to the captured process; a stack-protector check or errno of
  // ours would hit its thread block.
  bare::system_call(SYS_arch_prctl, ARCH_SET_FS, static_cast<long>(state.thread_pointer));
  return static_cast<uint64_t>(thread_id.raw);
}

[[noreturn]] void jump(uint64_t entry, uint64_t stack_pointer,
                       const format::LaunchRequest* request) {
  __asm__ volatile("mov %0, %%rsp\n\txor %%ebp, %%ebp\n\tjmp *%1"
                   :
                   : "r"(stack_pointer), "r"(entry), "D"(request)
                   : "memory");
  __builtin_unreachable();
}

}  // namespace pysnap::restore
