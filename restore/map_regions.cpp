#include "restore/map_regions.h"

#include <elf.h>
#include <sys/mman.h>

#include "bare/system_call.h"

namespace pysnap::restore {
namespace {

using format::Region;
using format::RegionKind;

constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE;

// The caller's RLIMIT_STACK decides how deep a program may recurse, as it does under exec.
uint64_t stack_size_wanted() {
  uint64_t limit[2] = {0, 0};
  constexpr long kStackLimit = 3;  // RLIMIT_STACK
  bare::system_call(SYS_prlimit64, 0, kStackLimit, 0, bare::as_word(limit));
  return limit[0] & ~(format::kPageSize - 1);
}

struct Range {
  uint64_t begin;
  uint64_t size;
};

Range stack_range(const Region& region, uint64_t stack_top) {
  const uint64_t used = stack_top - (region.address + region.size);
  const uint64_t wanted = stack_size_wanted();
  uint64_t size = wanted > used ? wanted - used : format::kPageSize;
  if (size > region.size) size = region.size;
  return {region.address + region.size - size, size};
}

constexpr uint32_t kReadWrite = PROT_READ | PROT_WRITE;

bool changes_protection(const Region& region) {
  return (region.flags & format::kRelocated) != 0 && (region.protection & kReadWrite) != kReadWrite;
}

// A mapping is shared, private, or one whose pages the kernel may drop; the kernel also wipes those
// in a forked child.
int sharing_of(const Region& region) {
  constexpr int kMapDroppable = 0x08;
  return (region.flags & format::kDroppable) != 0 ? kMapDroppable : MAP_PRIVATE;
}

bare::SystemResult map_region(const Region& region, const format::ImageHeader& header,
                              int image_descriptor, const OpenFiles& files, Relocating relocating) {
  const bool opened = relocating == Relocating::kYes && changes_protection(region);
  const int protection = static_cast<int>(opened ? kReadWrite : region.protection);
  constexpr int kPrivate = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
  switch (region.kind) {
    case RegionKind::kImage:
      return bare::map(region.address, region.size, protection, kPrivate, image_descriptor,
                       region.offset);
    case RegionKind::kFile:
      return bare::map(region.address, region.size, protection, kPrivate,
                       files.descriptors[region.file - 1], region.offset);
    case RegionKind::kSharedFile:
      return bare::map(region.address, region.size, protection, MAP_SHARED | MAP_FIXED_NOREPLACE,
                       files.descriptors[region.file - 1], region.offset);
    case RegionKind::kZero:
      // Accounted like any private memory, so that strict overcommit keeps its promise.
      return bare::map(region.address, region.size, protection,
                       sharing_of(region) | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    case RegionKind::kReserved:
      return bare::map(region.address, region.size, PROT_NONE, kAnonymous, -1, 0);
    case RegionKind::kStack: {
      const Range stack = stack_range(region, header.stack_top);
      return bare::map(stack.begin, stack.size, kReadWrite, kAnonymous, -1, 0);
    }
  }
  __builtin_unreachable();  // the view has checked every kind
}

}  // namespace

int map_regions(const format::ImageView& image, int image_descriptor, const OpenFiles& files,
                Relocating relocating, uint64_t& failed_address) {
  for (const Region& region : image.regions()) {
    const bare::SystemResult result =
        map_region(region, image.header(), image_descriptor, files, relocating);
    if (result.failed()) {
      failed_address = region.address;
      return result.error();
    }
    // Memory that may be dropped is wiped on fork by its kind.
    if ((region.flags & (format::kWipeOnFork | format::kDroppable)) == format::kWipeOnFork) {
      bare::system_call(SYS_madvise, static_cast<long>(region.address),
                        static_cast<long>(region.size), MADV_WIPEONFORK);
    }
  }
  return 0;
}

void unmap_regions(const format::ImageView& image, uint64_t failed_address) {
  for (const Region& region : image.regions()) {
    if (region.address == failed_address) return;
    const bool is_stack = region.kind == RegionKind::kStack;
    const Range range = is_stack ? stack_range(region, image.header().stack_top)
                                 : Range{region.address, region.size};
    bare::system_call(SYS_munmap, static_cast<long>(range.begin), static_cast<long>(range.size));
  }
}

void protect_relocated(const format::ImageView& image) {
  for (const Region& region : image.regions()) {
    if (!changes_protection(region)) continue;
    bare::system_call(SYS_mprotect, static_cast<long>(region.address),
                      static_cast<long>(region.size), static_cast<long>(region.protection));
  }
}

void copy_hot_pages(const format::ImageView& image) {
  for (const format::HotRun& run : image.hot_runs()) bare::copy_pages(run.address, run.size);
}

int move_kernel_page(const format::KernelPage& page, const bare::ProcessStart& start) {
  if (page.code_size == 0) return 0;
  const uint64_t from = start.auxiliary_value(AT_SYSINFO_EHDR) - page.code_offset;
  for (const format::KernelMapping& mapping : page.mappings) {
    if (mapping.size == 0) continue;
    const bare::SystemResult moved =
        bare::move_mapping(from + mapping.offset, mapping.size, page.slot + mapping.offset);
    if (moved.failed()) return moved.error();
  }
  return 0;
}

}  // namespace pysnap::restore
