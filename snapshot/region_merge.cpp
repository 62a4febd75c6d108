#include "snapshot/region_merge.h"

#include <sys/mman.h>

#include <utility>

namespace pysnap::snapshot {
namespace {

using format::RegionKind;

// Read-only neighbours may share one mapping, executable if one of them is.
bool protections_agree(const CapturedRegion& a, const CapturedRegion& b) {
  return a.protection == b.protection || ((a.protection | b.protection) & PROT_WRITE) == 0;
}

bool can_join(const CapturedRegion& a, const CapturedRegion& b) {
  if (a.end() != b.address || a.kind != b.kind || a.flags != b.flags) return false;
  switch (a.kind) {
    case RegionKind::kImage:
      return protections_agree(a, b);
    case RegionKind::kZero:
      return a.protection == b.protection;
    case RegionKind::kReserved:
      return true;
    case RegionKind::kFile:
      return a.file == b.file && a.file_offset + a.size == b.file_offset && protections_agree(a, b);
    case RegionKind::kSharedFile:
    case RegionKind::kStack:
      return false;
  }
  return false;
}

}  // namespace

void merge_regions(std::vector<CapturedRegion>& regions) {
  std::vector<CapturedRegion> merged;
  for (CapturedRegion& region : regions) {
    if (merged.empty() || !can_join(merged.back(), region)) {
      merged.push_back(std::move(region));
      continue;
    }
    CapturedRegion& last = merged.back();
    last.size += region.size;
    last.protection |= region.protection;
    last.bytes.insert(last.bytes.end(), region.bytes.begin(), region.bytes.end());
  }
  regions = std::move(merged);
}

}  // namespace pysnap::snapshot
