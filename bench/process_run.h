// One command, run once and measured from outside.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "descriptor.h"
#include "result.h"

namespace pysnap::bench {

using Microseconds = std::chrono::duration<double, std::micro>;

struct Sample {
  Microseconds until_reaped;                       // from before the spawn to after wait4
  std::optional<Microseconds> until_first_output;  // absent when it printed nothing
  Microseconds processor;                          // user and system time of the child
  long minor_faults;
  long peak_memory_kib;  // never below our own: see own_peak_memory_kib
  std::string output;
};

// Starts the command with the streams given and with nothing in its environment but PATH, HOME
// and LANG. Standard error stays ours, so that a command that fails can say why.
Result<int> spawn(const std::vector<std::string>& arguments, int standard_input,
                  int standard_output);

Result<Sample> run_once(const std::vector<std::string>& arguments);

// The kernel starts a child's peak at the size of the process that spawned it, so no smaller
// value can be seen; such values are bounds and not measurements.
long own_peak_memory_kib();

}  // namespace pysnap::bench
