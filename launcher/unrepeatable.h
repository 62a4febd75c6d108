// What boots with equal inputs do not repeat: their process ids, and what nobody has told them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <vector>

#include "launcher/captured_facts.h"
#include "snapshot/snapshot.h"

namespace pysnap::launcher {

struct BootProcesses {
  pid_t boot;
  pid_t frozen;  // its child
};

class Unrepeatable {
 public:
  void add(const snapshot::Snapshot& first, BootProcesses of_first,
           const snapshot::Snapshot& second, BootProcesses of_second);
  const std::set<uint64_t>& addresses() const { return addresses_; }
  std::vector<InputWords> as_inputs() const { return {pids_, others_}; }

 private:
  std::set<uint64_t> addresses_;
  InputWords pids_ = {"pid", "", {}};
  InputWords others_ = {"unrepeatable", "", {}};
};

}  // namespace pysnap::launcher
