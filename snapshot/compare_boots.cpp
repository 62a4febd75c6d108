#include "snapshot/compare_boots.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace pysnap::snapshot {
namespace {

using format::kPageSize;
using format::RelocationKind;
using support::Error;
using support::ErrorKind;
using support::Result;

constexpr uint64_t kWord = sizeof(uint64_t);

// A link's end tells nothing of an address: the word must be what the place alone makes it.
bool is_possible(RelocationKind kind, uint64_t word, uint64_t place) {
  if (kind == RelocationKind::kSafeLinkEnd) return word == place >> format::kLinkBits;
  constexpr uint64_t kUnusedBits = 0xc0000000c0000000;  // above the 30 of each digit
  return kind != RelocationKind::kDigits || (word & kUnusedBits) == 0;
}

// Goes through the words of both in ascending order.
class Comparer {
 public:
  Comparer(const BootPair& boots, const std::vector<SnapshotMemory::Range>& left_out)
      : boots_(boots), next_left_out_(left_out.begin()), end_left_out_(left_out.end()) {}

  Comparison compare() {
    for (const SnapshotMemory::Range& range : boots_.first().ranges()) {
      for (uint64_t page = range.begin; page < range.end; page += kPageSize) compare_page(page);
    }
    return std::move(result_);
  }

 private:
  void compare_page(uint64_t address) {
    const std::byte* bytes = *boots_.first().page(address);
    const std::byte* others = *boots_.second().page(address);
    if (bytes == others) return;  // both are zeros
    if (bytes != nullptr && others != nullptr && std::memcmp(bytes, others, kPageSize) == 0) return;
    for (uint64_t at = address; at < address + kPageSize; at += kWord) {
      if (!is_left_out(at)) compare_word(at);
    }
  }

  bool is_left_out(uint64_t place) {
    while (next_left_out_ != end_left_out_ && next_left_out_->end <= place) ++next_left_out_;
    return next_left_out_ != end_left_out_ && next_left_out_->begin <= place;
  }

  void compare_word(uint64_t place) {
    // What an equation for a place before this one has left of it.
    if (place < explained_end_) return compare_rest(place);
    const uint64_t found = *boots_.first().word(place);
    const uint64_t wanted = *boots_.second().word(place);
    if (found == wanted) return;
    const RelocationKind kind = boots_.equation(place, found, wanted);
    if (kind != RelocationKind{0}) return add(place, kind);
    compare_rest(place);
  }

  // Addresses that begin inside this word, and before it where none was found there: of an address,
  // a slide changes the upper bytes only when its lower ones are zero.
  void compare_rest(uint64_t place) {
    constexpr uint64_t kStep = 2;
    const uint64_t lowest = std::max(place - (kWord - kStep), explained_end_);
    for (uint64_t at = lowest; at < place + kWord; at += kStep) {
      if (equal(std::max(place, explained_end_), place + kWord)) return;
      if (at < explained_end_) continue;
      const std::optional<uint64_t> found = boots_.first().word(at);
      const std::optional<uint64_t> wanted = boots_.second().word(at);
      if (found && wanted && *wanted - *found == boots_.slide() && *found != *wanted)
        add(at, RelocationKind::kAddress);
    }
    const uint64_t rest = std::max(place, explained_end_);
    if (rest < place + kWord && !equal(rest, place + kWord)) result_.unexplained.push_back(place);
  }

  bool equal(uint64_t begin, uint64_t end) const {
    if (begin >= end) return true;
    std::array<std::byte, kWord> found;
    std::array<std::byte, kWord> wanted;
    boots_.first().read(begin, found.data(), end - begin);
    boots_.second().read(begin, wanted.data(), end - begin);
    return std::memcmp(found.data(), wanted.data(), end - begin) == 0;
  }

  void add(uint64_t place, RelocationKind kind) {
    result_.relocations.push_back({place, kind});
    explained_end_ = place + kWord;
  }

  const BootPair& boots_;
  std::vector<SnapshotMemory::Range>::const_iterator next_left_out_;
  const std::vector<SnapshotMemory::Range>::const_iterator end_left_out_;
  uint64_t explained_end_ = 0;
  Comparison result_;
};

Error different_memory(uint64_t address) {
  return Error::because(
      ErrorKind::kFailed,
      fmt::format("two boots with equal inputs have different memory at {:x}", address));
}

// The first page of one that the other lacks.
std::optional<uint64_t> missing_page(const SnapshotMemory& memory, const SnapshotMemory& other) {
  for (const SnapshotMemory::Range& range : memory.ranges()) {
    for (uint64_t page = range.begin; page < range.end; page += kPageSize) {
      if (!other.page(page)) return page;
    }
  }
  return std::nullopt;
}

}  // namespace

BootPair::BootPair(const Snapshot& first, const Snapshot& second)
    : first_(first), second_(second, second.ceiling - first.ceiling) {
  shift_.slide = second.ceiling - first.ceiling;
  shift_.pointer_guard =
      first_.word(first.agent.kernel.thread_pointer + format::kPointerGuardOffset).value_or(0);
}

Result<BootPair> BootPair::of(const Snapshot& first, const Snapshot& second) {
  BootPair pair(first, second);
  if (const auto page = missing_page(pair.first(), pair.second()); page)
    return support::fail(different_memory(*page));
  if (const auto page = missing_page(pair.second(), pair.first()); page)
    return support::fail(different_memory(*page));
  return pair;
}

RelocationKind BootPair::equation(uint64_t place, uint64_t found, uint64_t wanted) const {
  constexpr RelocationKind kKinds[] = {
      RelocationKind::kAddress,     RelocationKind::kIdentityHash, RelocationKind::kSafeLink,
      RelocationKind::kSafeLinkEnd, RelocationKind::kMangled,      RelocationKind::kDigits,
  };
  for (const RelocationKind kind : kKinds) {
    if (is_possible(kind, found, place) && format::relocated(kind, found, place, shift_) == wanted)
      return kind;
  }
  return RelocationKind{0};
}

Comparison BootPair::compare(const std::vector<SnapshotMemory::Range>& left_out) const {
  return Comparer(*this, left_out).compare();
}

}  // namespace pysnap::snapshot
