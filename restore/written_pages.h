// Makes pages of a mapped image this process's own before they are written. One by one, on write
// faults, they would cost half as much again; where many lie together, one huge page for all of
// them costs a fraction (docs/results/parts.md: populate_file_pages, fill_huge_page).
//
// Invariant: whatever pages are chosen, the memory reads as it did before, with the same
// protection; a part of it may have become anonymous memory instead of a mapping of the image.
#pragma once

#include <cstdint>

#include "restore/fitness.h"
#include "restore/open_image.h"

namespace pysnap::restore {

class WrittenPages {
 public:
  // `view`: of the image as it is mapped. All three must outlive this.
  WrittenPages(const format::ImageView& view, int image_descriptor, const OpenFiles& files)
      : view_(view), image_descriptor_(image_descriptor), files_(files) {}

  // The page of `address`. Addresses must ascend.
  void add(uint64_t address);

  // 0, or an errno: EFAULT where the file ends before a page.
  int finish();

 private:
  struct Run {
    uint64_t begin;
    uint64_t end;
  };
  static constexpr uint64_t kChunkSize = uint64_t{2} << 20;  // a huge page of x86-64
  static constexpr uint32_t kMostRuns = kChunkSize / format::kPageSize / 2;

  void finish_chunk();
  bool can_be_huge() const;
  bool become_huge();
  int fill() const;
  void map_again();

  const format::ImageView& view_;
  const int image_descriptor_;
  const OpenFiles& files_;
  uint64_t chunk_ = 0;  // where the aligned 2 MiB begin that the runs lie in
  uint32_t run_count_ = 0;
  uint32_t page_count_ = 0;
  Run runs_[kMostRuns] = {};
  int error_ = 0;
};

}  // namespace pysnap::restore
