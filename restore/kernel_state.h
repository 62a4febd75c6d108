// Gives the kernel's per-thread facts back, last of all the thread pointer.
#pragma once

#include "format/agent_contract.h"

namespace pysnap::restore {

// Blocks all signals and returns the mask that was in force. A handler of the captured process must
// not run before its thread pointer and stack are there.
uint64_t block_signals();

// Signal actions of the boot, except where the caller of this launch ignores a signal that the
// boot had left alone or Python handles: nohup(1) and a shell's background jobs count on it.
void restore_signals(const format::KernelState& state);

// Returns the thread id. From here on %fs belongs to the captured process.
uint64_t restore_thread(const format::KernelState& state);

// Continues at `entry` with `request` as its argument on the captured stack.
[[noreturn]] void jump(uint64_t entry, uint64_t stack_pointer,
                       const format::LaunchRequest* request);

}  // namespace pysnap::restore
