#include "restore/slide.h"

#include <errno.h>
#include <sys/mman.h>

#include "bare/system_call.h"
#include "bare/text.h"
#include "format/arena_layout.h"
#include "format/relocation_table.h"
#include "format/slide.h"
#include "restore/map_regions.h"
#include "restore/written_pages.h"

namespace pysnap::restore {
namespace {

using format::ImageView;
using format::Placement;
using format::RelocationView;

uint64_t random_number() {
  uint64_t random = 0;
  bare::system_call(SYS_getrandom, bare::as_word(&random), sizeof random, 0);
  return random;
}

uint64_t pointer_guard(const format::KernelState& kernel) {
  return *reinterpret_cast<const uint64_t*>(kernel.thread_pointer + format::kPointerGuardOffset);
}

// `view`: the moved image's. 0, or an errno.
int relocate(const ImageView& view, const RelocationView& relocations, uint64_t slide,
             WrittenPages& pages) {
  const Placement placement = format::placement_of(view.header());
  format::visit_packed_runs(relocations.address_words(), [&](uint64_t first, uint64_t last) {
    pages.add(placement.at(first));
    pages.add(placement.at(last));
  });
  // Pages behind the end of a file that somebody has cut: a write would end the process.
  const int error = pages.finish();
  if (error != 0) return error;
  format::visit_packed(relocations.address_words(), [&](uint64_t place) {
    *reinterpret_cast<uint64_t*>(placement.at(place)) += slide;
  });
  const format::Shift shift = {slide, pointer_guard(view.header().kernel)};
  for (const format::OtherWord& word : relocations.other_words()) {
    void* memory = reinterpret_cast<void*>(placement.at(word.place));
    uint64_t value;
    __builtin_memcpy(&value, memory, sizeof value);
    value = format::relocated(word.kind, value, placement.at(word.place) - slide, shift);
    __builtin_memcpy(memory, &value, sizeof value);
  }
  protect_relocated(view);
  return 0;
}

// Maps an image at another ceiling.
void map_elsewhere(const OpenImage& image, const RelocationView& relocations, uint64_t ceiling,
                   const OpenFiles& files, MappedImage& mapped) {
  const uint64_t slide = ceiling - image.view().header().arena_high;
  format::slide_metadata(image.metadata, slide);
  mapped.error =
      map_regions(image.view(), image.descriptor, files, Relocating::kYes, mapped.address);
  if (mapped.error != 0) {
    unmap_regions(image.view(), mapped.address);
    format::slide_metadata(image.metadata, -slide);
    return;
  }
  const ImageView view = image.view();
  WrittenPages pages(view, image.descriptor, files);
  mapped.error = relocate(view, relocations, slide, pages);
  mapped.address = image.view().header().arena_low;
  const Placement placement = format::placement_of(image.view().header());
  mapped.movement = {&relocations.header(), placement.low, placement.distance, slide};
}

void map_at_random(const OpenImage& image, const RelocationView& relocations,
                   const OpenFiles& files, MappedImage& mapped) {
  // What a launch has mapped is tiny beside the range: a second try hits nothing.
  constexpr int kMostTries = 4;
  for (int i = 0; i < kMostTries; ++i) {
    const uint64_t ceiling = format::ceiling_for(
        random_number(), image.view().header().relocation_ceiling, relocations.header().step);
    map_elsewhere(image, relocations, ceiling, files, mapped);
    if (mapped.error != EEXIST) return;
  }
}

bool has_relocations(const OpenImage& image) { return image.view().header().relocation_size != 0; }

// Why the image lies elsewhere although nobody has asked for it.
void explain_occupied(const LaunchOptions& options, uint64_t address) {
  if (options.explain == Explain::kNo) return;
  bare::Message text;
  text.add("pysnap-run: the place of the image is occupied at ").add_hexadecimal(address);
  text.add("; it is launched at another one").print();
}

}  // namespace

MappedImage map_image(const OpenImage& image, const LaunchOptions& options,
                      const OpenFiles& files) {
  MappedImage mapped;
  // 1. At its own place, if that will do.
  if (options.base == Base::kImage) {
    mapped.error =
        map_regions(image.view(), image.descriptor, files, Relocating::kNo, mapped.address);
    const bool may_move =
        (options.request_flags & format::kFreezesAgain) == 0 && has_relocations(image);
    if (mapped.error != EEXIST || !may_move) return mapped;
    unmap_regions(image.view(), mapped.address);
    explain_occupied(options, mapped.address);
  }

  // 2. What changes elsewhere. All of it is checked before anything is mapped there.
  if (!has_relocations(image)) {
    mapped.pinned = "it is pinned: it was built without a relocation table";
    return mapped;
  }
  const OpenRelocations opened = open_relocations(image);
  mapped.damaged = opened.reason;
  if (opened.table == nullptr) return mapped;
  const RelocationView relocations(opened.table);

  // 3. Elsewhere.
  if (options.base == Base::kGiven)
    map_elsewhere(image, relocations, options.ceiling, files, mapped);
  else
    map_at_random(image, relocations, files, mapped);
  return mapped;
}

}  // namespace pysnap::restore
