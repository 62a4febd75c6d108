// The memory of a frozen process, read from outside (proc_pid_mem(5), proc_pid_pagemap(5)).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "support/error.h"
#include "support/file.h"

namespace pysnap::snapshot {

// What the kernel keeps for one page of a private mapping.
enum class PageState {
  kUntouched,  // never written: the file's bytes, or zero
  kOwn,        // a page of its own, present or swapped out
};

// Reading needs the rights of ptrace(2) over the process: an ancestor with the same user has them,
// also under Yama's scope 1. Move-only.
class ProcessMemory {
 public:
  static support::Result<ProcessMemory> open(pid_t process);

  support::Status read(uint64_t address, std::span<std::byte> bytes) const;
  support::Result<std::vector<PageState>> page_states(uint64_t address, uint64_t size) const;

 private:
  ProcessMemory(support::File memory, support::File page_map)
      : memory_(std::move(memory)), page_map_(std::move(page_map)) {}
  support::File memory_;
  support::File page_map_;
};

}  // namespace pysnap::snapshot
