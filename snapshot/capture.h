// From a frozen process to a snapshot. The steps are in capture.cpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::snapshot {

struct FrozenProcess {
  pid_t process;
  uint64_t ceiling;
  uint64_t agent_state_address;
  // Files whose bytes travel in the image even where they are unchanged: the agent, which a newer
  // pysnap may replace.
  std::vector<std::string> carried_files;
};

// Reads everything and changes nothing; the process stays frozen. Refuses what a launch could not
// give back (writable shared memory) by name.
support::Result<Snapshot> capture(const FrozenProcess& frozen);

}  // namespace pysnap::snapshot
