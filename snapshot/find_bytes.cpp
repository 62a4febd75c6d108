#include "snapshot/find_bytes.h"

#include <bitset>
#include <cstring>
#include <map>
#include <set>

namespace pysnap::snapshot {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);

uint64_t word_at(const void* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Asked of each word of an image; nearly always the first look says no.
class Searched {
 public:
  explicit Searched(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (text.size() < kFoundBytes) continue;
      const uint64_t first = word_at(text.data());
      beginnings_.set(first % kBeginnings);
      found_[first].insert(word_at(text.data() + kWord));
    }
  }

  bool is_empty() const { return found_.empty(); }

  bool holds(const std::byte* bytes) const {
    const uint64_t first = word_at(bytes);
    if (!beginnings_[first % kBeginnings]) return false;
    const auto rest = found_.find(first);
    return rest != found_.end() && rest->second.contains(word_at(bytes + kWord));
  }

 private:
  static constexpr uint64_t kBeginnings = 65536;
  std::bitset<kBeginnings> beginnings_;
  std::map<uint64_t, std::set<uint64_t>> found_;  // the first word of each, and its second ones
};

}  // namespace

std::vector<uint64_t> find_bytes(const Snapshot& snapshot, const std::vector<std::string>& texts) {
  const Searched searched(texts);
  std::vector<uint64_t> places;
  if (searched.is_empty()) return places;
  for (const CapturedRegion& region : snapshot.regions) {
    for (uint64_t at = 0; at + kFoundBytes <= region.bytes.size(); at += kWord) {
      if (searched.holds(region.bytes.data() + at)) places.push_back(region.address + at);
    }
  }
  return places;
}

}  // namespace pysnap::snapshot
