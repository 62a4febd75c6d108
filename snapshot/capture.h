// From a frozen process to a snapshot. The steps are in capture.cpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::snapshot {

// kEverything: the image maps no other file.
enum class Carry { kListed, kEverything };

struct FrozenProcess {
  pid_t process;
  uint64_t ceiling;
  uint64_t agent_state_address;
  // Files whose unchanged pages travel in the image too. Pages of one file written in large pieces
  // cost less to touch and to unmap than those of installed libraries (docs/results/).
  Carry carry = Carry::kListed;
  std::vector<std::string> carried_files;
  // The file with the interpreter itself. Of a carried one the first page is mapped all the same.
  std::string runtime_file;
  // Carried as well, and no dependency: the agent, which a newer pysnap may replace.
  std::string agent_file;
  // The same of the image that the process was launched from; empty: it was booted. What that
  // image depends on, this one does too, whether it still maps it or not.
  std::string base_file;
  uint64_t base_inode = 0;
  std::vector<OriginalFile> base_dependencies;
};

// Reads everything and changes nothing; the process stays frozen. Refuses what a launch could not
// give back (writable shared memory) by name.
support::Result<Snapshot> capture(const FrozenProcess& frozen);

}  // namespace pysnap::snapshot
