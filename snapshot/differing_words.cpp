#include "snapshot/differing_words.h"

#include <cstring>

#include "snapshot/snapshot_memory.h"

namespace pysnap::snapshot {

using format::kPageSize;

std::vector<DifferingWord> differing_words(const Snapshot& first, const Snapshot& second) {
  std::vector<DifferingWord> words;
  const SnapshotMemory memory(first);
  const SnapshotMemory other_memory(second);
  const auto compare_page = [&](uint64_t address) {
    const std::byte* page = *memory.page(address);
    const std::byte* other = other_memory.page(address).value_or(page);
    if (page == other) return;  // both are zeros, or only one has the page
    if (page != nullptr && other != nullptr && std::memcmp(page, other, kPageSize) == 0) return;
    for (uint64_t at = address; at < address + kPageSize; at += sizeof(uint64_t)) {
      const DifferingWord word = {at, *memory.word(at), *other_memory.word(at)};
      if (word.first != word.second) words.push_back(word);
    }
  };
  for (const SnapshotMemory::Range& range : memory.ranges()) {
    for (uint64_t page = range.begin; page < range.end; page += kPageSize) compare_page(page);
  }
  return words;
}

}  // namespace pysnap::snapshot
