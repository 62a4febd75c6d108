// The memory of a snapshot, read by address.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "snapshot/snapshot.h"

namespace pysnap::snapshot {

// The captured and the zero pages. What original files hold is not there: it depends on nothing.
// The snapshot must outlive this.
class SnapshotMemory {
 public:
  // `slide`: addresses in the arena are told, and asked for, as if it lay that much lower.
  explicit SnapshotMemory(const Snapshot& snapshot, uint64_t slide = 0);

  struct Range {
    uint64_t begin;
    uint64_t end;
    const std::byte* bytes;  // nullptr: zeros
  };
  const std::vector<Range>& ranges() const { return ranges_; }  // ascending, neighbours not merged

  // False, and nothing is read, where a part is missing.
  bool read(uint64_t address, void* bytes, uint64_t size) const;
  std::optional<uint64_t> word(uint64_t address) const;

  template <typename T>
  std::optional<T> record(uint64_t address) const {
    T value;
    if (!read(address, &value, sizeof value)) return std::nullopt;
    return value;
  }

  // The page's bytes, nullptr for zeros; nothing where no page is.
  std::optional<const std::byte*> page(uint64_t address) const;

 private:
  const Range* range_of(uint64_t address) const;

  std::vector<Range> ranges_;
  mutable size_t last_ = 0;
};

}  // namespace pysnap::snapshot
