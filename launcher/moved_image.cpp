#include "launcher/moved_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "format/checksum.h"

namespace pysnap::launcher {
namespace {

using format::Placement;
using format::Region;
using format::RegionKind;
using format::RelocationView;

constexpr uint64_t kWord = sizeof(uint64_t);

// Changes the records of an ELF table in place.
template <typename Record, typename Change>
void change_records(std::vector<std::byte>& bytes, uint64_t offset, uint64_t count,
                    Change&& change) {
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = offset + i * sizeof(Record);
    if (at > bytes.size() || sizeof(Record) > bytes.size() - at) return;
    Record record;
    std::memcpy(&record, bytes.data() + at, sizeof record);
    change(record);
    std::memcpy(bytes.data() + at, &record, sizeof record);
  }
}

}  // namespace

MovedImage::MovedImage(const ImageFile& image, const RelocationView& relocations, uint64_t ceiling)
    : bytes_(image.bytes().begin(), image.bytes().end()),
      metadata_offset_(image.metadata_offset()) {
  const format::ImageHeader& before = image.view().header();
  metadata_.resize((before.metadata_size + kWord - 1) / kWord);
  std::memcpy(metadata_.data(), bytes_.data() + metadata_offset_, before.metadata_size);
  const uint64_t slide = ceiling - before.arena_high;
  format::slide_metadata(metadata_.data(), slide);
  relocate(relocations, slide);
  move_elf_headers({before.arena_low, slide});
}

std::byte* MovedImage::find(uint64_t address, uint64_t size) {
  if (address + size < address) return nullptr;
  const auto regions = view().regions();
  const auto holds = [&](uint32_t index) {
    return index < regions.count && address - regions[index].address < regions[index].size;
  };
  if (!holds(last_region_)) {
    const Region* after = std::upper_bound(regions.begin(), regions.end(), address,
                                           [](uint64_t wanted, const Region& region) {
                                             return wanted < region.address + region.size;
                                           });
    last_region_ = static_cast<uint32_t>(after - regions.begin());
  }
  // Neighbours in memory are neighbours in the file (elf_writer/image_plan.h).
  uint64_t end = address;
  for (uint32_t i = last_region_; end < address + size; ++i) {
    const bool goes_on = i < regions.count && regions[i].kind == RegionKind::kImage &&
                         end - regions[i].address < regions[i].size;
    if (!goes_on) return nullptr;
    end = regions[i].address + regions[i].size;
  }
  const Region& region = regions[last_region_];
  return bytes_.data() + region.offset + (address - region.address);
}

void MovedImage::relocate(const RelocationView& relocations, uint64_t slide) {
  const Placement placement = format::placement_of(header());
  format::Shift shift = {slide, 0};
  const std::byte* guard =
      find(view().header().kernel.thread_pointer + format::kPointerGuardOffset, kWord);
  if (guard != nullptr) std::memcpy(&shift.pointer_guard, guard, kWord);
  const auto change = [&](uint64_t place, format::RelocationKind kind) {
    const uint64_t address = placement.at(place);
    std::byte* word = find(address, kWord);
    if (word == nullptr) return;  // the table was checked
    uint64_t value;
    std::memcpy(&value, word, kWord);
    value = format::relocated(kind, value, address - slide, shift);
    std::memcpy(word, &value, kWord);
  };
  format::visit_packed(relocations.address_words(), [&change](uint64_t place) {
    change(place, format::RelocationKind::kAddress);
  });
  for (const format::OtherWord& word : relocations.other_words()) change(word.place, word.kind);
}

bool MovedImage::apply(const ChangedRange& range) {
  std::byte* bytes = find(range.address, range.bytes.size());
  if (bytes == nullptr) return false;
  std::memcpy(bytes, range.bytes.data(), range.bytes.size());
  return true;
}

void MovedImage::move_elf_headers(const format::Mover& mover) {
  Elf64_Ehdr elf = {};
  change_records<Elf64_Ehdr>(bytes_, 0, 1, [&](Elf64_Ehdr& header) {
    mover.move(header.e_entry);
    elf = header;
  });
  change_records<Elf64_Phdr>(bytes_, elf.e_phoff, elf.e_phnum, [&](Elf64_Phdr& segment) {
    mover.move(segment.p_vaddr);
    mover.move(segment.p_paddr);
  });
  change_records<Elf64_Shdr>(bytes_, elf.e_shoff, elf.e_shnum,
                             [&](Elf64_Shdr& section) { mover.move(section.sh_addr); });
}

void MovedImage::seal() {
  auto* segments = format::table_of<format::Segment>(metadata_.data(), header().segments);
  for (uint32_t i = 0; i < header().segments.count; ++i) {
    format::Segment& segment = segments[i];
    segment.checksum = format::checksum(bytes_.data() + segment.offset, segment.size);
  }
  header().front_checksum = format::checksum(bytes_.data(), metadata_offset_);
  header().complete = format::kComplete;
  header().metadata_checksum = format::metadata_checksum(metadata_.data(), header().metadata_size);
  std::memcpy(bytes_.data() + metadata_offset_, metadata_.data(), header().metadata_size);
}

}  // namespace pysnap::launcher
