#include "restore/written_pages.h"

#include <errno.h>
#include <sys/mman.h>

#include "bare/system_call.h"
#include "restore/map_regions.h"

namespace pysnap::restore {
namespace {

using format::kPageSize;
using format::Region;
using format::RegionKind;

// What of a region lies in a range.
struct Part {
  const Region& region;
  uint64_t begin;
  uint64_t end;

  bool is_empty() const { return begin >= end; }
  uint64_t size() const { return end - begin; }
};

Part part_of(const Region& region, uint64_t begin, uint64_t end) {
  const uint64_t region_end = region.address + region.size;
  return {region, begin > region.address ? begin : region.address,
          end < region_end ? end : region_end};
}

template <typename Visit>
void visit_parts(const format::ImageView& view, uint64_t begin, uint64_t end, Visit&& visit) {
  for (const Region& region : view.regions()) {
    const Part part = part_of(region, begin, end);
    if (!part.is_empty()) visit(part);
  }
}

// Whether a huge page can hold it: its bytes, or zeros.
bool can_be_copied(const Region& region) {
  constexpr uint32_t kOfAnotherKind = format::kWipeOnFork | format::kDroppable;
  return (region.kind == RegionKind::kImage || region.kind == RegionKind::kZero) &&
         (region.flags & kOfAnotherKind) == 0;
}

bool is_resident(uint64_t page) {
  unsigned char resident = 0;
  const bare::SystemResult asked =
      bare::system_call(SYS_mincore, static_cast<long>(page), kPageSize, bare::as_word(&resident));
  return !asked.failed() && (resident & 1) != 0;
}

}  // namespace

void WrittenPages::add(uint64_t address) {
  const uint64_t page = address & ~(kPageSize - 1);
  if (run_count_ != 0 && page < runs_[run_count_ - 1].end) return;
  const uint64_t chunk = address & ~(kChunkSize - 1);
  if (chunk != chunk_) {
    finish_chunk();
    chunk_ = chunk;
  }
  ++page_count_;
  if (run_count_ != 0 && runs_[run_count_ - 1].end == page)
    runs_[run_count_ - 1].end += kPageSize;
  else
    runs_[run_count_++] = {page, page + kPageSize};
}

int WrittenPages::finish() {
  finish_chunk();
  return error_;
}

void WrittenPages::finish_chunk() {
  // What fewer pages cost one by one is less than what it costs to clear a huge page and to read
  // 2 MiB, on machines where single pages are cheap, too.
  constexpr uint32_t kWorthHugePage = 128;
  const bool is_huge = page_count_ >= kWorthHugePage && can_be_huge() && become_huge();
  for (uint32_t i = 0; !is_huge && i < run_count_; ++i) {
    const bare::SystemResult copied =
        bare::copy_pages(runs_[i].begin, runs_[i].end - runs_[i].begin);
    // Anything else shows when the page is written, or does not matter (Linux before 5.14).
    if (copied.error() == EFAULT) error_ = EFAULT;
  }
  run_count_ = 0;
  page_count_ = 0;
}

// Without gaps: what lies in a gap is not the image's.
bool WrittenPages::can_be_huge() const {
  uint64_t covered = chunk_;
  bool good = true;
  visit_parts(view_, chunk_, chunk_ + kChunkSize, [&](const Part& part) {
    good = good && part.begin == covered && part.region.kind != RegionKind::kStack;
    covered = part.end;
  });
  return good && covered == chunk_ + kChunkSize;
}

// False: the kernel has no huge page to give, and everything is as it was.
bool WrittenPages::become_huge() {
  constexpr int kOver = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (bare::map(chunk_, kChunkSize, PROT_READ | PROT_WRITE, kOver, -1, 0).failed()) return false;
  const bool is_huge =
      !bare::system_call(SYS_madvise, static_cast<long>(chunk_), kChunkSize, MADV_HUGEPAGE)
           .failed() &&
      !bare::copy_pages(chunk_, kPageSize).failed() && is_resident(chunk_ + kPageSize);
  if (is_huge)
    error_ = fill();
  else
    map_again();
  return is_huge;
}

// What is neither bytes of the image nor zeros keeps its mapping.
int WrittenPages::fill() const {
  int error = 0;
  visit_parts(view_, chunk_, chunk_ + kChunkSize, [&](const Part& part) {
    const Region& region = part.region;
    if (error != 0) return;
    if (!can_be_copied(region)) {
      error = map_over(region, part.begin, part.size(), image_descriptor_, files_);
      return;
    }
    const uint64_t offset = region.offset + (part.begin - region.address);
    const bool is_whole =
        region.kind == RegionKind::kZero ||
        bare::read_from(image_descriptor_, offset, reinterpret_cast<char*>(part.begin),
                        part.size()) == part.size();
    if (!is_whole) error = EFAULT;
    protect_as_captured(region, part.begin, part.size());
  });
  return error;
}

void WrittenPages::map_again() {
  visit_parts(view_, chunk_, chunk_ + kChunkSize, [&](const Part& part) {
    const int error = map_over(part.region, part.begin, part.size(), image_descriptor_, files_);
    if (error != 0) error_ = error;
  });
}

}  // namespace pysnap::restore
