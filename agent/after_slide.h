// What a process that does not lie at its image's place does first: hashes that were computed from
// addresses, the tables that they lead into, and the tree of the object allocator.
#pragma once

#include "format/agent_contract.h"

namespace pysnap::agent {

// With kReportsSlide, everything that this has changed is written to the control socket, as
// (address, size, bytes) and a last one of size 0, and the process ends.
void settle_after_slide(const format::LaunchRequest& request);

}  // namespace pysnap::agent
