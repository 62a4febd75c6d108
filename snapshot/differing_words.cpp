#include "snapshot/differing_words.h"

#include <cstring>
#include <map>

namespace pysnap::snapshot {
namespace {

using format::kPageSize;
using format::RegionKind;

using Pages = std::map<uint64_t, const std::byte*>;  // null: zeros

Pages pages_of(const Snapshot& snapshot) {
  Pages pages;
  for (const CapturedRegion& region : snapshot.regions) {
    if (region.kind != RegionKind::kImage && region.kind != RegionKind::kZero) continue;
    for (uint64_t at = 0; at < region.size; at += kPageSize)
      pages[region.address + at] =
          region.kind == RegionKind::kImage ? region.bytes.data() + at : nullptr;
  }
  return pages;
}

uint64_t word_at(const std::byte* page, uint64_t offset) {
  uint64_t word = 0;
  if (page != nullptr) std::memcpy(&word, page + offset, sizeof word);
  return word;
}

}  // namespace

std::vector<DifferingWord> differing_words(const Snapshot& first, const Snapshot& second) {
  std::vector<DifferingWord> words;
  const Pages others = pages_of(second);
  for (const auto& [address, page] : pages_of(first)) {
    const auto place = others.find(address);
    if (place == others.end() || place->second == page) continue;
    const std::byte* other = place->second;
    if (page != nullptr && other != nullptr && std::memcmp(page, other, kPageSize) == 0) continue;
    for (uint64_t offset = 0; offset < kPageSize; offset += sizeof(uint64_t)) {
      const DifferingWord word = {address + offset, word_at(page, offset), word_at(other, offset)};
      if (word.first != word.second) words.push_back(word);
    }
  }
  return words;
}

}  // namespace pysnap::snapshot
