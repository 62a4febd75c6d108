#include "launcher/relocatable_build.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "format/arena_layout.h"
#include "launcher/random_ceiling.h"
#include "snapshot/python_heap.h"

namespace pysnap::launcher {
namespace {

using format::kPageSize;
using format::RegionKind;
using snapshot::CapturedRegion;
using snapshot::Relocations;
using snapshot::RelocationStudy;
using snapshot::Snapshot;
using snapshot::SnapshotMemory;
using support::Result;

CapturedRegion part_of(const CapturedRegion& zeros, uint64_t begin, uint64_t end, RegionKind kind) {
  CapturedRegion part = zeros;
  part.address = begin;
  part.size = end - begin;
  part.kind = kind;
  if (kind == RegionKind::kImage) part.bytes.resize(part.size);
  return part;
}

// Empty pages in a range become pages of the image: `pysnap rebase` must be able to fill them.
void keep_pages(Snapshot& snapshot, uint64_t begin, uint64_t end) {
  begin = begin / kPageSize * kPageSize;
  end = (end + kPageSize - 1) / kPageSize * kPageSize;
  std::vector<CapturedRegion> regions;
  for (CapturedRegion& region : snapshot.regions) {
    const uint64_t from = std::max(begin, region.address);
    const uint64_t to = std::min(end, region.end());
    if (region.kind != RegionKind::kZero || region.flags != 0 || from >= to) {
      regions.push_back(std::move(region));
      continue;
    }
    if (from > region.address)
      regions.push_back(part_of(region, region.address, from, RegionKind::kZero));
    regions.push_back(part_of(region, from, to, RegionKind::kImage));
    if (to < region.end()) regions.push_back(part_of(region, to, region.end(), RegionKind::kZero));
  }
  snapshot.regions = std::move(regions);
}

// What nobody reads any more, but would tell where the boot lay.
void clear_dead(Snapshot& snapshot, const std::vector<snapshot::DeadBytes>& dead) {
  for (const snapshot::DeadBytes& bytes : dead) {
    for (CapturedRegion& region : snapshot.regions) {
      const uint64_t from = std::max(bytes.place, region.address);
      const uint64_t to = std::min(bytes.place + bytes.size, region.end());
      if (region.kind == RegionKind::kImage && from < to)
        std::memset(region.bytes.data() + (from - region.address), 0, to - from);
    }
  }
}

uint64_t end_of(const format::HashTable& table) {
  return table.slots + (uint64_t{table.slot_bytes} << table.log2_slots);
}

// What the agent moves itself is no word of the table.
void leave_to_agent(uint64_t begin, uint64_t end, Relocations& relocations) {
  std::erase_if(relocations.words, [=](const snapshot::Relocation& word) {
    return word.place >= begin && word.place < end;
  });
  std::erase_if(relocations.hashes, [=](const format::DerivedHash& hash) {
    return hash.place >= begin && hash.place < end;
  });
}

// Records with a place, ascending, that lie in the slots of a set.
template <typename Record>
std::span<const Record> in_slots(const format::HashTable& set, const std::vector<Record>& records) {
  const auto lies_before = [](const Record& record, uint64_t place) {
    return record.place < place;
  };
  const auto begin = std::lower_bound(records.begin(), records.end(), set.slots, lies_before);
  return {begin, std::lower_bound(begin, records.end(), end_of(set), lies_before)};
}

// A hash that is no address of its key: of a tuple with a class in it, or of what id() has
// returned.
bool has_derived_hash(const format::HashTable& set, const Relocations& relocations) {
  const auto words = in_slots(set, relocations.words);
  return !in_slots(set, relocations.hashes).empty() ||
         std::any_of(words.begin(), words.end(), [&set](const snapshot::Relocation& word) {
           return (word.place - set.slots) % set.slot_bytes != 0 &&
                  word.kind != format::RelocationKind::kIdentityHash;
         });
}

void leave_sets_to_agent(Relocations& relocations) {
  for (format::HashTable& table : relocations.tables) {
    if (table.kind != format::TableKind::kSet) continue;
    table.entry_count = has_derived_hash(table, relocations) ? 1 : 0;
    leave_to_agent(table.slots, end_of(table), relocations);
  }
}

void keep_changed_pages(Snapshot& snapshot, const Relocations& relocations,
                        const std::vector<SnapshotMemory::Range>& tree) {
  for (const format::HashTable& table : relocations.tables)
    keep_pages(snapshot, table.slots, end_of(table));
  // Addresses of processes have 47 bits: of a wide root only the first pointer is used.
  for (const SnapshotMemory::Range& node : tree) {
    const bool is_root = node.begin == relocations.arena_tree.root;
    keep_pages(snapshot, node.begin,
               is_root && relocations.arena_tree.upper_bits >= 15 ? node.begin + sizeof(uint64_t)
                                                                  : node.end);
  }
}

std::string sentence_of(uint64_t unexplained) {
  return fmt::format(
      "{} on where the memory lies in a way that pysnap cannot follow",
      unexplained == 1 ? "1 word depends" : fmt::format("{} words depend", unexplained));
}

Relocation pinned(const std::string& why) {
  Relocation none;
  none.obstacle = why;
  return none;
}

Result<RelocationStudy> study_elsewhere(int minor_version, const Snapshot& first,
                                        const Snapshot& same, const BootAgain& boot_again) {
  const Result<uint64_t> ceiling = random_comparable_ceiling(first.ceiling);
  if (!ceiling) return support::fail(ceiling.error());
  const Result<Snapshot> moved = boot_again(*ceiling);
  if (!moved) return support::fail(moved.error().in("a third boot failed"));
  return snapshot::study_relocations(first, same, *moved, minor_version);
}

}  // namespace

Result<Relocation> make_relocatable(int minor_version, Snapshot& first,
                                    const BootAgain& boot_again) {
  const Result<Snapshot> same = boot_again(first.ceiling);
  if (!same) return pinned("a second boot failed: " + same.error().sentence);
  // A boot elsewhere may allocate in another order: a set gives its members back in the order of
  // its slots. At another place it may not.
  constexpr int kMostTries = 4;
  Result<RelocationStudy> study = study_elsewhere(minor_version, first, *same, boot_again);
  for (int i = 1; i < kMostTries && (!study || !study->unexplained.empty()); ++i)
    study = study_elsewhere(minor_version, first, *same, boot_again);
  if (!study) return pinned(study.error().sentence);
  if (!study->unexplained.empty()) {
    Relocation none = pinned(sentence_of(study->unexplained.size()));
    for (const snapshot::UnexplainedWord& word : study->unexplained)
      none.unexplained.push_back(word.place);
    return none;
  }
  Relocations& relocations = study->relocations;
  snapshot::ArenaTreeNodes tree;
  {
    const SnapshotMemory memory(first);
    if (relocations.arena_tree.root != 0)
      tree = snapshot::read_arena_tree(memory, relocations.arena_tree);
    for (const SnapshotMemory::Range& node : tree.nodes)
      leave_to_agent(node.begin, node.end, relocations);
    leave_sets_to_agent(relocations);
  }
  clear_dead(first, study->dead);
  keep_changed_pages(first, relocations, tree.nodes);
  return Relocation{std::move(relocations), "", {}, {}};
}

}  // namespace pysnap::launcher
