// Where the memory of two boots with one ceiling differs.
#pragma once

#include <cstdint>
#include <vector>

#include "snapshot/snapshot.h"

namespace pysnap::snapshot {

struct DifferingWord {
  uint64_t address;  // a multiple of 8
  uint64_t first;
  uint64_t second;
};

// Ascending. Memory that only one of them has does not count.
std::vector<DifferingWord> differing_words(const Snapshot& first, const Snapshot& second);

}  // namespace pysnap::snapshot
