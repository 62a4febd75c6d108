// What of a snapshot depends on where its arena lies: found by comparing it with another one, of a
// boot that differed in its ceiling alone.
//
// The invariant: with every place of the result changed by its equation, the first snapshot is the
// second one, but for the words listed as unexplained.
#pragma once

#include <cstdint>
#include <vector>

#include "snapshot/relocations.h"
#include "snapshot/snapshot.h"
#include "snapshot/snapshot_memory.h"
#include "support/error.h"

namespace pysnap::snapshot {

struct Comparison {
  std::vector<Relocation> relocations;  // ascending places; no two overlap
  std::vector<uint64_t> unexplained;    // ascending places of aligned words
};

// Reads both as if the arena of the second lay where that of the first does.
class BootPair {
 public:
  // An error where the two have different memory to begin with.
  static support::Result<BootPair> of(const Snapshot& first, const Snapshot& second);

  const SnapshotMemory& first() const { return first_; }
  const SnapshotMemory& second() const { return second_; }
  uint64_t slide() const { return shift_.slide; }

  // Which equation makes `wanted` of `found` at this place; zero: none.
  format::RelocationKind equation(uint64_t place, uint64_t found, uint64_t wanted) const;

  // Words of `left_out`, ascending ranges, are not looked at.
  Comparison compare(const std::vector<SnapshotMemory::Range>& left_out) const;

 private:
  BootPair(const Snapshot& first, const Snapshot& second);
  SnapshotMemory first_;
  SnapshotMemory second_;
  format::Shift shift_ = {};
};

}  // namespace pysnap::snapshot
