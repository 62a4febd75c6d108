// Pieces of work in processes of their own, several at a time.
//
// Why processes: a build changes its directory and its mode mask, starts children that die with the
// thread that started them, and may be killed for want of memory without taking the others along.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/error.h"

namespace pysnap::launcher {

struct WorkLimits {
  size_t jobs = 1;               // at a time
  uint64_t memory = UINT64_MAX;  // bytes, of all that run at a time
  unsigned seconds = 0;          // for each; 0: as long as it takes
};

// What a piece of work has answered, or how its process ended instead.
using WorkAnswer = support::Result<std::string>;

// Calls `work` for each element of `needs` (bytes of memory) in a child process of this
// single-threaded one, in order, and collects what it returns. One piece always runs, whatever it
// needs. `done` is called here, when the process of a piece has ended.
support::Status run_pieces(const std::vector<uint64_t>& needs, const WorkLimits& limits,
                           const std::function<std::string(size_t)>& work,
                           const std::function<void(size_t, WorkAnswer)>& done);

// Whether another piece may start beside those that run.
bool has_room(const WorkLimits& limits, const std::vector<uint64_t>& running, uint64_t need);

}  // namespace pysnap::launcher
