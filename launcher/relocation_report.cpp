#include "launcher/relocation_report.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace pysnap::launcher {
namespace {

using support::Result;

// The words of one owner.
struct OwnedWords {
  Owner first;
  uint64_t count = 0;
};

std::vector<OwnedWords> by_owner(const std::vector<Owner>& owners) {
  std::map<std::tuple<OwnerKind, std::string, std::string>, OwnedWords> found;
  for (const Owner& owner : owners) {
    OwnedWords& words = found[{owner.kind, owner.type, owner.path}];
    if (words.count++ == 0) words.first = owner;
  }
  std::vector<OwnedWords> all;
  for (auto& [key, words] : found) all.push_back(std::move(words));
  std::stable_sort(all.begin(), all.end(),
                   [](const OwnedWords& a, const OwnedWords& b) { return a.count > b.count; });
  return all;
}

std::string words_text(uint64_t count) {
  return count == 1 ? "1 word" : fmt::format("{} words", count);
}

std::string region_text(uint64_t address, const snapshot::Snapshot& snapshot) {
  for (const snapshot::CapturedRegion& region : snapshot.regions) {
    if (address >= region.address && address < region.end())
      return fmt::format(" in {:#x}-{:#x}", region.address, region.end());
  }
  return "";
}

std::string advice(const Owner& owner) {
  if (!owner.module.empty())
    return fmt::format("; list {} in exclude or code-only, or leave it pinned", owner.module);
  if (owner.kind == OwnerKind::kHeld || owner.kind == OwnerKind::kRange)
    return "; exclude the module that keeps it, or leave it pinned";
  return "";
}

std::string owner_text(const Owner& owner) {
  Owner whole = owner;
  whole.detail.clear();
  return describe(whole);
}

// The first lines, and how many words the others have.
class Lines {
 public:
  void add(std::string line, uint64_t words) {
    if (lines_.size() < kMostOwnerLines - 1)
      lines_.push_back(std::move(line));
    else
      rest_.push_back({std::move(line), words});
  }

  std::vector<std::string> take() {
    if (rest_.size() == 1) lines_.push_back(rest_[0].line);
    if (rest_.size() < 2) return std::move(lines_);
    uint64_t words = 0;
    for (const Rest& rest : rest_) words += rest.words;
    lines_.push_back(fmt::format("{} of {} other owners", words_text(words), rest_.size()));
    return std::move(lines_);
  }

 private:
  struct Rest {
    std::string line;
    uint64_t words;
  };
  std::vector<std::string> lines_;
  std::vector<Rest> rest_;
};

std::vector<std::string> not_found(const support::Error& error) {
  return {fmt::format("whose they are could not be found: {}", error.sentence)};
}

}  // namespace

std::vector<std::string> unexplained_lines(const std::vector<Owner>& owners,
                                           const snapshot::Snapshot& snapshot) {
  Lines lines;
  for (const OwnedWords& words : by_owner(owners)) {
    const uint64_t address = words.first.address;
    lines.add(
        fmt::format("{} of {}, at {:#x}{}{}", words_text(words.count), owner_text(words.first),
                    address, region_text(address, snapshot), advice(words.first)),
        words.count);
  }
  return lines.take();
}

std::vector<std::string> unrepeatable_lines(const std::vector<InputWords>& words,
                                            const LookedAt& looked_at,
                                            const snapshot::Snapshot& snapshot) {
  std::vector<CapturedFact> facts = captured_facts(words, looked_at, snapshot);
  std::erase_if(facts, [](const CapturedFact& fact) { return fact.state != FactState::kHeld; });
  std::stable_sort(facts.begin(), facts.end(),
                   [](const CapturedFact& a, const CapturedFact& b) { return a.words > b.words; });
  Lines lines;
  for (const CapturedFact& fact : facts) {
    const std::string type = fact.type.empty() ? "" : fmt::format(" ({})", fact.type);
    lines.add(fmt::format("{} of {}{} {} in boots with equal inputs; {}", words_text(fact.words),
                          fact.path, type, fact.words == 1 ? "differs" : "differ", fact.remark),
              fact.words);
  }
  return lines.take();
}

std::vector<std::string> obstacle_lines(const Installation& installation, const std::string& image,
                                        const snapshot::Snapshot& snapshot,
                                        const Relocation& relocation) {
  std::vector<InputWords> unrepeatable = relocation.unrepeatable;
  std::set<uint64_t> addresses(relocation.unexplained.begin(), relocation.unexplained.end());
  for (InputWords& input : unrepeatable) {
    if (input.words.size() > kMostWords) input.words.clear();
    for (const snapshot::DifferingWord& word : input.words) addresses.insert(word.address);
  }
  if (addresses.empty()) return {};
  const std::vector<uint64_t> asked(addresses.begin(), addresses.end());
  const Result<Owners> owners = find_owners(installation, image, asked);
  if (!owners) return not_found(owners.error());
  const std::set<uint64_t> unexplained(relocation.unexplained.begin(),
                                       relocation.unexplained.end());
  std::vector<Owner> pinning = owners->owners;
  std::erase_if(pinning, [&](const Owner& owner) { return !unexplained.contains(owner.address); });
  std::vector<std::string> lines = unexplained_lines(pinning, snapshot);

  // Most of what differs is made new by launches, much of it when it is imported.
  LookedAt looked_at = {*owners, {*owners, *owners}};
  if (unrepeatable_lines(unrepeatable, looked_at, snapshot).empty()) return lines;
  const Result<Owners> published = find_owners(installation, image, asked, Published::kEverything);
  if (!published) return not_found(published.error());
  looked_at.published[0] = looked_at.published[1] = *published;
  for (std::string& line : unrepeatable_lines(unrepeatable, looked_at, snapshot))
    lines.push_back(std::move(line));
  return lines;
}

}  // namespace pysnap::launcher
