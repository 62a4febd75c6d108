// Samples of many rounds, reduced to what the tables say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "case_file.h"
#include "held_process.h"
#include "process_run.h"

namespace pysnap::bench {

struct Measurement {
  Case what;
  std::vector<Sample> samples;
  std::optional<MemoryShape> memory;
};

struct Report {
  std::vector<Measurement> measurements;
  long own_peak_kib;  // at the last run: no child's peak below it can be seen
};

// One row per case, one table per group, in the order of the case file.
std::string markdown(const Report& report);

// The same and more, every single time included.
std::string json(const Report& report);

}  // namespace pysnap::bench
