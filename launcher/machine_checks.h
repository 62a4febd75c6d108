// What pysnap needs of the kernel and of the limits that the shell has set. Each check tries the
// thing itself where that does no harm.
#pragma once

#include "launcher/finding.h"

namespace pysnap::launcher {

Findings check_kernel();
Findings check_limits();

}  // namespace pysnap::launcher
