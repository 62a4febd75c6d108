// Clock reads of the boot become system calls, which the builder can answer.
#pragma once

#include <cstdint>

namespace pysnap::boot {

// Exchanges the vDSO's functions that read clocks (vdso(7)) for the calls they stand for, in this
// process only: the kernel page of a launch is a new one. `vdso` is where its ELF header lies; 0:
// there is none. Returns 0 or an errno.
int make_clocks_calls(uint64_t vdso);

}  // namespace pysnap::boot
