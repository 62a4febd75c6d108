#include "elf_writer/image_writer.h"

#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "elf_writer/elf_output.h"
#include "elf_writer/image_plan.h"
#include "elf_writer/metadata.h"
#include "elf_writer/relocation_bytes.h"
#include "format/checksum.h"
#include "support/file.h"

namespace pysnap::elf_writer {
namespace {

using format::kPageSize;
using format::RegionKind;
using snapshot::CapturedRegion;
using snapshot::Snapshot;
using support::Error;
using support::File;
using support::Result;
using support::Status;

// Places and checksums of captured pages and relocations, now that the plan knows them.
void fill_places(const Snapshot& snapshot, const ImagePlan& plan,
                 const std::vector<std::byte>& relocations, Metadata& metadata) {
  size_t segment = 1;
  for (size_t i = 0; i < snapshot.regions.size(); ++i) {
    const CapturedRegion& region = snapshot.regions[i];
    if (region.kind != RegionKind::kImage) continue;
    metadata.region(i).offset = plan.region_offsets[i];
    metadata.segment(segment++) = {plan.region_offsets[i], region.size, region.address,
                                   format::checksum(region.bytes.data(), region.size)};
  }
  metadata.header().restorer_address = plan.restorer_address;
  if (relocations.empty()) return;
  metadata.header().relocation_offset = plan.relocation_offset;
  metadata.header().relocation_size = relocations.size();
  metadata.segment(segment) = {plan.relocation_offset, relocations.size(), 0,
                               format::checksum(relocations.data(), relocations.size())};
}

ElfSegment load_segment(uint32_t flags, uint64_t offset, uint64_t address, uint64_t file_size,
                        uint64_t memory_size) {
  return {PT_LOAD, flags, offset, address, file_size, memory_size, kPageSize};
}

void add_segments(const ImagePlan& plan, const RestorerLayout& restorer, uint64_t ceiling,
                  uint64_t metadata_size, ElfFile& elf) {
  for (const LoadRun& run : plan.runs) {
    elf.segments.push_back(load_segment(run.flags, run.offset, run.address, run.size, run.size));
  }
  const uint64_t front = plan.metadata_offset + metadata_size;
  elf.segments.push_back(load_segment(PF_R, 0, ceiling, front, front));
  for (const RestorerSegment& part : restorer.segments) {
    elf.segments.push_back(load_segment(part.flags, plan.restorer_offset + part.address,
                                        plan.restorer_address + part.address, part.file_size,
                                        part.memory_size));
  }
  elf.segments.push_back({PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 16});
}

uint64_t section_flags(uint32_t segment_flags) {
  return SHF_ALLOC | ((segment_flags & PF_W) != 0 ? SHF_WRITE : 0u) |
         ((segment_flags & PF_X) != 0 ? SHF_EXECINSTR : 0u);
}

void add_restorer_sections(const ImagePlan& plan, const RestorerLayout& restorer,
                           std::span<const std::byte> bytes, ElfFile& elf) {
  for (const RestorerSegment& part : restorer.segments) {
    ElfSection section;
    const bool code = (part.flags & PF_X) != 0;
    section.name = code ? ".pysnap.restorer.text" : ".pysnap.restorer.data";
    section.type = SHT_PROGBITS;
    section.flags = section_flags(part.flags);
    section.address = plan.restorer_address + part.address;
    section.offset = plan.restorer_offset + part.address;
    section.alignment = 16;
    section.pieces = {bytes.subspan(part.file_offset, part.file_size)};
    elf.sections.push_back(section);
    if (part.memory_size <= part.file_size) continue;
    ElfSection zero;
    zero.name = ".pysnap.restorer.bss";
    zero.type = SHT_NOBITS;
    zero.flags = section.flags;
    zero.address = section.address + part.file_size;
    zero.offset = section.offset + part.file_size;
    zero.size = part.memory_size - part.file_size;
    elf.sections.push_back(zero);
  }
}

void add_page_sections(const Snapshot& snapshot, const ImagePlan& plan, ElfFile& elf) {
  size_t index = 0;
  for (const LoadRun& run : plan.runs) {
    ElfSection section;
    section.name = (run.flags & PF_X) != 0   ? ".captured.text"
                   : (run.flags & PF_W) != 0 ? ".captured.data"
                                             : ".captured.rodata";
    section.type = SHT_PROGBITS;
    section.flags = section_flags(run.flags);
    section.address = run.address;
    section.offset = run.offset;
    section.alignment = kPageSize;
    uint64_t filled = 0;
    while (filled < run.size) {
      const CapturedRegion& region = snapshot.regions[index++];
      if (region.kind != RegionKind::kImage) continue;
      section.pieces.push_back(region.bytes);
      filled += region.size;
    }
    elf.sections.push_back(std::move(section));
  }
}

// No part of the memory of a process, as debugging information is none.
void add_relocation_section(const ImagePlan& plan, const std::vector<std::byte>& relocations,
                            ElfFile& elf) {
  if (relocations.empty()) return;
  ElfSection section;
  section.name = ".pysnap.relocations";
  section.type = SHT_PROGBITS;
  section.offset = plan.relocation_offset;
  section.alignment = 8;
  section.pieces = {relocations};
  elf.sections.push_back(section);
}

Status synchronise(const File& file, Purpose purpose) {
  return purpose == Purpose::kFinal ? file.synchronise() : Status();
}

// What libelf arranged around the pages is read back: only the file knows its bytes. The block is
// written again with the checksums, still unsealed.
Status checksum_rest(const File& file, const ImagePlan& plan, uint64_t file_size,
                     Metadata& metadata) {
  const uint64_t behind_block = plan.metadata_offset + metadata.size();
  const std::pair<uint64_t, uint64_t> ranges[] = {{behind_block, plan.pages_offset},
                                                  {plan.names_offset, file_size}};
  size_t segment = 0;
  for (const auto& [begin, end] : ranges) {
    std::vector<std::byte> bytes(end - begin);
    const Result<size_t> got = file.read_at(begin, bytes);
    if (!got) return support::fail(got.error());
    metadata.segment(segment) = {begin, end - begin, 0,
                                 format::checksum(bytes.data(), bytes.size())};
    segment = metadata.header().segments.count - 1;
  }
  return file.write_at(plan.metadata_offset, metadata.bytes());
}

// The seal goes on last, after everything else is on stable storage: a power cut leaves a file
// that says it is unfinished, never one whose pages are missing.
Status seal(const File& file, const ImagePlan& plan, uint64_t file_size, Purpose purpose,
            Metadata& metadata) {
  if (const Status done = checksum_rest(file, plan, file_size, metadata); !done) return done;
  if (const Status done = synchronise(file, purpose); !done) return done;
  std::vector<std::byte> front(plan.metadata_offset);
  const Result<size_t> got = file.read_at(0, front);
  if (!got) return support::fail(got.error());
  format::ImageHeader& header = metadata.header();
  header.file_size = file_size;
  header.front_checksum = format::checksum(front.data(), front.size());
  header.metadata_checksum = format::metadata_checksum(metadata.bytes().data(), metadata.size());
  header.complete = format::kComplete;
  const auto bytes = std::span<const std::byte>(metadata.bytes()).first(sizeof header);
  if (const Status done = file.write_at(plan.metadata_offset, bytes); !done) return done;
  return synchronise(file, purpose);
}

Result<WrittenImage> write_to(const Snapshot& snapshot, const ImageContents& contents,
                              const File& file, Purpose purpose) {
  // 1. Plan: sizes first, then places, then the records that name the places.
  Result<RestorerLayout> restorer = read_restorer(contents.restorer);
  if (!restorer) return support::fail(restorer.error());
  Metadata metadata(snapshot, contents);
  std::vector<std::byte> relocations;
  if (contents.relocations) relocations = relocation_bytes(*contents.relocations);
  const ImagePlan plan = plan_image(snapshot, metadata.size(), *restorer, relocations.size());
  fill_places(snapshot, plan, relocations, metadata);

  // 2. Describe the file to libelf.
  ElfFile elf;
  elf.entry = plan.restorer_address + restorer->entry;
  elf.names_offset = plan.names_offset;
  add_segments(plan, *restorer, snapshot.ceiling, metadata.size(), elf);
  ElfSection block;
  block.name = ".pysnap.metadata";
  block.type = SHT_PROGBITS;
  block.flags = SHF_ALLOC;
  block.address = snapshot.ceiling + plan.metadata_offset;
  block.offset = plan.metadata_offset;
  block.alignment = 8;
  block.pieces = {metadata.bytes()};
  elf.sections.push_back(block);
  add_page_sections(snapshot, plan, elf);
  add_restorer_sections(plan, *restorer, std::as_bytes(std::span(contents.restorer)), elf);
  add_relocation_section(plan, relocations, elf);

  // 3. Write, then seal. Unsealed, the file is rejected by every reader.
  const Result<uint64_t> size = write_elf(elf, file);
  if (!size) return support::fail(size.error());
  if (const Status done = seal(file, plan, *size, purpose, metadata); !done)
    return support::fail(done.error());
  return WrittenImage{*size, snapshot.regions.size()};
}

}  // namespace

Result<WrittenImage> write_image(const Snapshot& snapshot, const ImageContents& contents,
                                 const std::string& path, Purpose purpose) {
  constexpr mode_t kOwnerOnly = 0700;  // an image is code and may hold data of its owner
  Result<File> file = File::create_new(path, kOwnerOnly);
  if (!file) return support::fail(file.error());
  Result<WrittenImage> written = write_to(snapshot, contents, *file, purpose);
  if (!written) {
    ::unlink(path.c_str());
    return support::fail(written.error().in(path));
  }
  return written;
}

}  // namespace pysnap::elf_writer
