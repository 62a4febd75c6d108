// Moves an image: every address in its metadata, by one distance. The restorer does it in memory
// for a launch elsewhere, `pysnap rebase` for a file; there is no other list of these addresses.
//
// The records keep their sizes and their order: what lies in the arena stays above what lies below.
#pragma once

#include <cstdint>

#include "format/image_view.h"

namespace pysnap::format {

// What lies below the arena stays: a program without position independence, and numbers that are no
// addresses.
struct Mover {
  uint64_t low;
  uint64_t slide;

  void move(uint64_t& address) const {
    if (address >= low) address += slide;
  }
};

template <typename T>
T* table_of(void* block, const Table& table) {
  return reinterpret_cast<T*>(static_cast<unsigned char*>(block) + table.offset);
}

namespace detail {

inline void move_kernel_state(KernelState& kernel, const Mover& mover) {
  constexpr uint64_t kDisabled = 2;  // SS_DISABLE, sigaltstack(2)
  mover.move(kernel.thread_pointer);
  mover.move(kernel.thread_id_address);
  mover.move(kernel.robust_list_head);
  mover.move(kernel.rseq_address);
  if (kernel.alternate_stack[1] != kDisabled) mover.move(kernel.alternate_stack[0]);
  for (SignalAction& action : kernel.actions) {
    mover.move(action.handler);
    mover.move(action.restorer);
  }
}

}  // namespace detail

// `block`: a metadata block that ImageView::check() has accepted. Its checksum is no longer right.
inline void slide_metadata(void* block, uint64_t slide) {
  ImageHeader& header = *static_cast<ImageHeader*>(block);
  const Mover mover = {header.arena_low, slide};
  Region* regions = table_of<Region>(block, header.regions);
  for (uint32_t i = 0; i < header.regions.count; ++i) mover.move(regions[i].address);
  Segment* segments = table_of<Segment>(block, header.segments);
  for (uint32_t i = 0; i < header.segments.count; ++i) mover.move(segments[i].address);
  HotRun* runs = table_of<HotRun>(block, header.hot_runs);
  for (uint32_t i = 0; i < header.hot_runs.count; ++i) mover.move(runs[i].address);
  mover.move(header.restorer_address);
  mover.move(header.resume_entry);
  mover.move(header.resume_stack_pointer);
  mover.move(header.stack_top);
  mover.move(header.kernel_page.slot);
  detail::move_kernel_state(header.kernel, mover);
  mover.move(header.arena_high);
  mover.move(header.arena_low);
}

}  // namespace pysnap::format
