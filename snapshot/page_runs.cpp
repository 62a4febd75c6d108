#include "snapshot/page_runs.h"

namespace pysnap::snapshot {
namespace {

std::vector<PageRun> join(const std::vector<PageRun>& runs) {
  std::vector<PageRun> joined;
  for (const PageRun& run : runs) {
    if (!joined.empty() && joined.back().origin == run.origin)
      joined.back().count += run.count;
    else
      joined.push_back(run);
  }
  return joined;
}

}  // namespace

std::vector<PageRun> plan_page_runs(const std::vector<PageOrigin>& pages, uint64_t shortest_gap) {
  std::vector<PageRun> runs;
  for (uint64_t i = 0; i < pages.size(); ++i) runs.push_back({pages[i], i, 1});
  runs = join(runs);
  if (runs.size() < 2) return runs;
  for (PageRun& run : runs) {
    if (run.count < shortest_gap) run.origin = PageOrigin::kCaptured;
  }
  return join(runs);
}

}  // namespace pysnap::snapshot
