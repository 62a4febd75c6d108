#include "restore/map_regions.h"

#include <elf.h>
#include <sys/mman.h>

#include "bare/system_call.h"

namespace pysnap::restore {
namespace {

using format::Region;
using format::RegionKind;

constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

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

// Where a launch maps a region: all of it, or of the stack as much as is wanted.
Range range_of(const Region& region, const format::ImageHeader& header) {
  if (region.kind != RegionKind::kStack) return {region.address, region.size};
  const uint64_t used = header.stack_top - (region.address + region.size);
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

// What is mapped from where, and whether it may lie over something (MAP_FIXED) or not.
struct Mapping {
  int image_descriptor;
  const OpenFiles& files;
  Relocating relocating;
  int fixed;
};

bare::SystemResult map_range(const Region& region, Range range, const Mapping& mapping) {
  const bool opened = mapping.relocating == Relocating::kYes && changes_protection(region);
  const int protection = static_cast<int>(opened ? kReadWrite : region.protection);
  const uint64_t offset = region.offset + (range.begin - region.address);
  const int fixed = mapping.fixed;
  switch (region.kind) {
    case RegionKind::kImage:
      return bare::map(range.begin, range.size, protection, MAP_PRIVATE | fixed,
                       mapping.image_descriptor, offset);
    case RegionKind::kFile:
      return bare::map(range.begin, range.size, protection, MAP_PRIVATE | fixed,
                       mapping.files.descriptors[region.file - 1], offset);
    case RegionKind::kSharedFile:
      return bare::map(range.begin, range.size, protection, MAP_SHARED | fixed,
                       mapping.files.descriptors[region.file - 1], offset);
    case RegionKind::kZero:
      // Accounted like any private memory, so that strict overcommit keeps its promise.
      return bare::map(range.begin, range.size, protection,
                       sharing_of(region) | MAP_ANONYMOUS | fixed, -1, 0);
    case RegionKind::kReserved:
      return bare::map(range.begin, range.size, PROT_NONE, kAnonymous | fixed, -1, 0);
    case RegionKind::kStack:
      return bare::map(range.begin, range.size, kReadWrite, kAnonymous | fixed, -1, 0);
  }
  __builtin_unreachable();  // the view has checked every kind
}

// Memory that may be dropped is wiped on fork by its kind.
void wipe_on_fork(const Region& region, Range range) {
  constexpr uint32_t kEither = format::kWipeOnFork | format::kDroppable;
  if ((region.flags & kEither) == format::kWipeOnFork)
    bare::system_call(SYS_madvise, static_cast<long>(range.begin), static_cast<long>(range.size),
                      MADV_WIPEONFORK);
}

}  // namespace

int map_regions(const format::ImageView& image, int image_descriptor, const OpenFiles& files,
                Relocating relocating, uint64_t& failed_address) {
  const Mapping mapping = {image_descriptor, files, relocating, MAP_FIXED_NOREPLACE};
  for (const Region& region : image.regions()) {
    const bare::SystemResult result = map_range(region, range_of(region, image.header()), mapping);
    if (result.failed()) {
      failed_address = region.address;
      return result.error();
    }
    wipe_on_fork(region, {region.address, region.size});
  }
  return 0;
}

int map_over(const Region& region, uint64_t begin, uint64_t size, int image_descriptor,
             const OpenFiles& files) {
  const Range range = {begin, size};
  const Mapping mapping = {image_descriptor, files, Relocating::kYes, MAP_FIXED};
  const bare::SystemResult result = map_range(region, range, mapping);
  if (!result.failed()) wipe_on_fork(region, range);
  return result.error();
}

void unmap_regions(const format::ImageView& image, uint64_t failed_address) {
  for (const Region& region : image.regions()) {
    if (region.address == failed_address) return;
    const Range range = range_of(region, image.header());
    bare::system_call(SYS_munmap, static_cast<long>(range.begin), static_cast<long>(range.size));
  }
}

void protect_as_captured(const Region& region, uint64_t begin, uint64_t size) {
  if (region.protection == kReadWrite || changes_protection(region)) return;
  bare::system_call(SYS_mprotect, static_cast<long>(begin), static_cast<long>(size),
                    static_cast<long>(region.protection));
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
