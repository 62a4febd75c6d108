#include "launcher/captured_facts.h"

#include <fnmatch.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>

// From launcher/embedded_programs.S.
extern "C" const char pysnap_known_facts[];

namespace pysnap::launcher {
namespace {

using snapshot::DifferingWord;
using Places = std::unordered_map<uint64_t, const Owner*>;

Places places_of(const Owners& owners) {
  Places places;
  for (const Owner& owner : owners.owners) places[owner.address] = &owner;
  return places;
}

struct KnownFact {
  std::string input;
  std::string pattern;  // of paths, as fnmatch(3) has them
  std::string reason;
};

// A line each: input, pattern and reason, with " | " between them; "*" is every input.
std::vector<KnownFact> read_known_facts() {
  std::vector<KnownFact> facts;
  std::string_view rest = pysnap_known_facts;
  constexpr std::string_view kBetween = " | ";
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t first = line.find(kBetween);
    if (line.starts_with('#') || first == std::string_view::npos) continue;
    const size_t second = line.find(kBetween, first + kBetween.size());
    if (second == std::string_view::npos) continue;
    const size_t pattern = first + kBetween.size();
    facts.push_back({std::string(line.substr(0, first)),
                     std::string(line.substr(pattern, second - pattern)),
                     std::string(line.substr(second + kBetween.size()))});
  }
  return facts;
}

bool is_address(uint64_t word, const snapshot::Snapshot& snapshot) {
  const auto region = std::partition_point(snapshot.regions.begin(), snapshot.regions.end(),
                                           [word](const auto& r) { return r.end() <= word; });
  return region != snapshot.regions.end() && word >= region->address;
}

// A table of hashes and pointers says nothing that its keys and values do not say.
bool is_hash_in_table(const Owner& owner, const DifferingWord& word,
                      const snapshot::Snapshot& snapshot) {
  const bool is_table = owner.type == "dict" || owner.type == "set" || owner.type == "frozenset" ||
                        owner.type == "collections.OrderedDict";
  return is_table && !(is_address(word.first, snapshot) && is_address(word.second, snapshot));
}

// The end of an object can be in the middle of a word: behind it is what was there before.
bool differs_in_object(const Owner& owner, const DifferingWord& word) {
  const size_t at = owner.detail.find(", ");
  if (at == std::string::npos) return true;
  const int bytes = owner.detail[at + 2] - '0';
  const uint64_t mask = (uint64_t{1} << (bytes * 8)) - 1;
  return ((word.first ^ word.second) & mask) != 0;
}

bool is_fact(const Owner& owner, const DifferingWord& word, const snapshot::Snapshot& snapshot) {
  if (owner.kind == OwnerKind::kFree || owner.kind == OwnerKind::kUnknown) return false;
  if (owner.path.ends_with("stack") || owner.path.ends_with("stack points to") ||
      owner.path.find("pysnap's own state") != std::string::npos)
    return false;
  // Where something lies is no fact about the input; what an object holds is.
  if (owner.kind != OwnerKind::kObject && is_address(word.first, snapshot) &&
      is_address(word.second, snapshot))
    return false;
  if (owner.detail == "reference count" || owner.detail == "header of the collector") return false;
  return differs_in_object(owner, word) && !is_hash_in_table(owner, word, snapshot);
}

// Changed by the launch, another in each launch, or out of reach since something new is in its
// place.
bool is_refreshed(const Owner& frozen, const DifferingWord& word, const Places* published) {
  const auto first = published[0].find(frozen.address);
  const auto second = published[1].find(frozen.address);
  if (first == published[0].end() || second == published[1].end()) return false;
  if (!first->second->word) return false;
  return first->second->word != word.first || first->second->word != second->second->word ||
         (!frozen.module.empty() && first->second->module.empty());
}

std::string advice(const CapturedFact& fact, const std::string& variable) {
  if (!variable.empty())
    return fmt::format("list {} in environment.key, or the module in code-only", variable);
  if (fact.module.empty()) return "exclude the module that keeps it";
  return fmt::format("renew it in a hook (pysnap.register_after_restore), or list {} in code-only",
                     fact.module);
}

void judge(CapturedFact& fact, const std::string& variable, const std::set<std::string>& reads,
           const std::vector<KnownFact>& known) {
  if (fact.state == FactState::kRefreshed) return;
  if (!variable.empty() && reads.contains(variable)) {
    fact.state = FactState::kCompared;
    fact.remark = "modules that read it are imported afresh where it differs";
    return;
  }
  for (const KnownFact& entry : known) {
    if ((entry.input != "*" && entry.input != fact.input) ||
        ::fnmatch(entry.pattern.c_str(), fact.path.c_str(), 0) != 0)
      continue;
    fact.state = FactState::kKnown;
    fact.remark = entry.reason;
    return;
  }
  fact.remark = advice(fact, variable);
}

}  // namespace

const char* name_of(FactState state) {
  switch (state) {
    case FactState::kHeld:
      return "held";
    case FactState::kKnown:
      return "known";
    case FactState::kCompared:
      return "compared";
    case FactState::kRefreshed:
      break;
  }
  return "refreshed";
}

std::vector<CapturedFact> captured_facts(const std::vector<InputWords>& inputs,
                                         const LookedAt& looked_at,
                                         const snapshot::Snapshot& snapshot) {
  const Places frozen = places_of(looked_at.frozen);
  const Places published[] = {places_of(looked_at.published[0]), places_of(looked_at.published[1])};
  std::set<std::string> reads;
  for (const VariableRead& read : looked_at.frozen.reads) reads.insert(read.variable);
  const std::vector<KnownFact> known = read_known_facts();
  std::vector<CapturedFact> facts;
  for (const InputWords& input : inputs) {
    std::map<std::pair<std::string, std::string>, CapturedFact> found;  // by path and type
    for (const DifferingWord& word : input.words) {
      const auto place = frozen.find(word.address);
      if (place == frozen.end() || !is_fact(*place->second, word, snapshot)) continue;
      const Owner& owner = *place->second;
      CapturedFact& fact = found[{owner.path, owner.type}];
      fact.input = input.input;
      fact.module = owner.module;
      fact.path = owner.path;
      fact.type = owner.type;
      if (fact.words++ == 0) fact.detail = owner.detail;
      if (is_refreshed(owner, word, published)) fact.state = FactState::kRefreshed;
    }
    for (auto& [key, fact] : found) {
      judge(fact, input.variable, reads, known);
      facts.push_back(std::move(fact));
    }
  }
  std::sort(facts.begin(), facts.end(), [](const CapturedFact& a, const CapturedFact& b) {
    return std::tie(a.state, a.input, a.path, a.type) < std::tie(b.state, b.input, b.path, b.type);
  });
  return facts;
}

}  // namespace pysnap::launcher
