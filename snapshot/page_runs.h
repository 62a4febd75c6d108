// Which pages of a mapping are captured: a pure decision, with the price of mappings in it.
#pragma once

#include <cstdint>
#include <vector>

namespace pysnap::snapshot {

enum class PageOrigin : uint8_t {
  kElsewhere,  // the file's bytes or zero: another mapping can provide them
  kCaptured,   // only this process has them
};

// A run of pages with one origin. `first` and `count` are page numbers in the mapping.
struct PageRun {
  PageOrigin origin;
  uint64_t first;
  uint64_t count;
};

// Joins pages into runs; runs of kElsewhere shorter than `shortest_gap` pages are captured along
// with their neighbours, when they have any: a mapping costs 3-5 µs at every launch, a page of the
// image only bytes on disk. A mapping without captured pages stays whole.
std::vector<PageRun> plan_page_runs(const std::vector<PageOrigin>& pages, uint64_t shortest_gap);

}  // namespace pysnap::snapshot
