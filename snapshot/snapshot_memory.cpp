#include "snapshot/snapshot_memory.h"

#include <algorithm>
#include <cstring>

namespace pysnap::snapshot {

using format::RegionKind;

SnapshotMemory::SnapshotMemory(const Snapshot& snapshot, uint64_t slide) {
  for (const CapturedRegion& region : snapshot.regions) {
    if (region.kind != RegionKind::kImage && region.kind != RegionKind::kZero) continue;
    // Fixed-address programs lie below the arena and do not move.
    const uint64_t begin = region.address - (region.address >= snapshot.arena_low ? slide : 0);
    const std::byte* bytes = region.kind == RegionKind::kImage ? region.bytes.data() : nullptr;
    ranges_.push_back({begin, begin + region.size, bytes});
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
}

const SnapshotMemory::Range* SnapshotMemory::range_of(uint64_t address) const {
  const auto holds = [address](const Range& range) {
    return address >= range.begin && address < range.end;
  };
  if (last_ < ranges_.size() && holds(ranges_[last_])) return &ranges_[last_];
  const auto behind =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](uint64_t value, const Range& range) { return value < range.begin; });
  if (behind == ranges_.begin() || !holds(*(behind - 1))) return nullptr;
  last_ = static_cast<size_t>(behind - 1 - ranges_.begin());
  return &ranges_[last_];
}

bool SnapshotMemory::read(uint64_t address, void* bytes, uint64_t size) const {
  for (uint64_t done = 0; done < size;) {
    const Range* range = range_of(address + done);
    if (range == nullptr) return false;
    const uint64_t part = std::min(size - done, range->end - (address + done));
    std::byte* target = static_cast<std::byte*>(bytes) + done;
    if (range->bytes == nullptr)
      std::memset(target, 0, part);
    else
      std::memcpy(target, range->bytes + (address + done - range->begin), part);
    done += part;
  }
  return true;
}

std::optional<uint64_t> SnapshotMemory::word(uint64_t address) const {
  return record<uint64_t>(address);
}

std::optional<const std::byte*> SnapshotMemory::page(uint64_t address) const {
  const Range* range = range_of(address);
  if (range == nullptr) return std::nullopt;
  return range->bytes == nullptr ? nullptr : range->bytes + (address - range->begin);
}

}  // namespace pysnap::snapshot
