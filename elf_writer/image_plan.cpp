#include "elf_writer/image_plan.h"

#include <elf.h>
#include <sys/mman.h>

#include <cstring>

namespace pysnap::elf_writer {
namespace {

using format::kPageSize;
using format::RegionKind;
using snapshot::CapturedRegion;
using support::Error;
using support::ErrorKind;
using support::Result;

uint64_t page_up(uint64_t value) { return (value + kPageSize - 1) & ~(kPageSize - 1); }

uint32_t flags_of(uint32_t protection) {
  return ((protection & PROT_READ) != 0 ? PF_R : 0u) |
         ((protection & PROT_WRITE) != 0 ? PF_W : 0u) | ((protection & PROT_EXEC) != 0 ? PF_X : 0u);
}

tl::unexpected<Error> bad_restorer(const char* why) {
  return support::fail(
      Error::because(ErrorKind::kInternal,
                     fmt::format("pysnap-run cannot be embedded: {}; install it again", why)));
}

// Runs join while the pages and the protection go on; places for them are given out in order.
void place_regions(const std::vector<CapturedRegion>& regions, ImagePlan& plan) {
  uint64_t offset = plan.pages_offset;
  for (const CapturedRegion& region : regions) {
    if (region.kind != RegionKind::kImage) {
      plan.region_offsets.push_back(0);
      continue;
    }
    plan.region_offsets.push_back(offset);
    const uint32_t flags = flags_of(region.protection);
    const bool goes_on = !plan.runs.empty() && plan.runs.back().flags == flags &&
                         plan.runs.back().address + plan.runs.back().size == region.address &&
                         plan.runs.back().offset + plan.runs.back().size == offset;
    if (goes_on)
      plan.runs.back().size += region.size;
    else
      plan.runs.push_back({region.address, region.size, offset, flags});
    offset += region.size;
  }
  plan.relocation_offset = offset;
}

}  // namespace

Result<RestorerLayout> read_restorer(const std::string& bytes) {
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header) return bad_restorer("it is too short");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_DYN)
    return bad_restorer("it is not a position-independent ELF program");
  RestorerLayout layout;
  layout.entry = header.e_entry;
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const uint64_t at = header.e_phoff + i * sizeof segment;
    if (at > bytes.size() || sizeof segment > bytes.size() - at)
      return bad_restorer("its headers are cut");
    std::memcpy(&segment, bytes.data() + at, sizeof segment);
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_offset > bytes.size() || segment.p_filesz > bytes.size() - segment.p_offset)
      return bad_restorer("it is cut");
    layout.segments.push_back(
        {segment.p_vaddr, segment.p_offset, segment.p_filesz, segment.p_memsz, segment.p_flags});
  }
  if (layout.segments.empty()) return bad_restorer("it has nothing to load");
  return layout;
}

ImagePlan plan_image(const snapshot::Snapshot& snapshot, uint64_t metadata_size,
                     const RestorerLayout& restorer, uint64_t relocation_size) {
  ImagePlan plan;
  // Runs do not depend on where pages begin, so they can be counted before.
  place_regions(snapshot.regions, plan);
  constexpr uint64_t kFixedHeaders = 2;  // front, stack
  plan.program_header_count = plan.runs.size() + restorer.segments.size() + kFixedHeaders;
  plan.runs.clear();
  plan.region_offsets.clear();

  plan.metadata_offset = format::metadata_offset(plan.program_header_count);
  plan.restorer_offset = page_up(plan.metadata_offset + metadata_size);
  plan.restorer_address = snapshot.ceiling + plan.restorer_offset;
  const RestorerSegment& last = restorer.segments.back();
  plan.pages_offset = page_up(plan.restorer_offset + last.address + last.file_size);
  place_regions(snapshot.regions, plan);
  plan.names_offset = plan.relocation_offset + relocation_size;
  return plan;
}

}  // namespace pysnap::elf_writer
