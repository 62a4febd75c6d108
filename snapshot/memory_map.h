// The mappings of a process, from /proc/PID/smaps (proc_pid_smaps(5)).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/error.h"

namespace pysnap::snapshot {

enum class Sharing { kPrivate, kShared };

// One mapping. `path` is empty for anonymous memory, "[name]" for the kernel's own.
struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint32_t protection = 0;  // PROT_* bits
  Sharing sharing = Sharing::kPrivate;
  uint64_t offset = 0;  // in the file
  uint64_t inode = 0;
  std::string path;
  bool wipe_on_fork = false;  // "wf" of VmFlags
  bool droppable = false;     // "dp": the kernel may drop its pages, as memory runs short
  bool file_is_gone = false;  // " (deleted)"

  uint64_t size() const { return end - begin; }
  bool is_file() const { return inode != 0; }
  bool is_kernel_page() const {
    return path == "[vdso]" || path == "[vvar]" || path == "[vvar_vclock]";
  }
};

support::Result<std::vector<Mapping>> read_memory_map(pid_t process);

// The text of smaps (or of maps), for tests too. Malformed text is an error that names the line.
support::Result<std::vector<Mapping>> parse_memory_map(std::string_view text);

}  // namespace pysnap::snapshot
