// Reads /proc/self/maps (proc_pid_maps(5)) without libc: one callback per mapping, ascending.
#pragma once

#include <cstdint>

namespace pysnap::bare {

struct MemoryLine {
  uint64_t begin;
  uint64_t end;
  const char* name;  // "[vdso]", a path, or ""; valid during the callback
};

// Calls `visit(context, line)` for every mapping; false when the file cannot be read. It is read in
// pieces: the kernel goes on by address, so `visit` may change mappings below the line's end.
bool for_each_mapping(void (*visit)(void* context, const MemoryLine& line), void* context);

}  // namespace pysnap::bare
