// What the memory of an image holds of one input of its boot: from words that differ to objects
// with a name, and to what can be done about them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "launcher/owners.h"
#include "snapshot/differing_words.h"

namespace pysnap::launcher {

enum class FactState {
  kHeld,       // launches find what the build had
  kKnown,      // the same, and known to be harmless (launcher/known_facts.txt)
  kCompared,   // a launch with another value runs plain Python, or imports the module afresh
  kRefreshed,  // each launch makes it new
};

struct CapturedFact {
  FactState state = FactState::kHeld;
  std::string input;
  std::string module;  // empty: none
  std::string path;
  std::string type;    // empty: no object
  std::string detail;  // where in it the first of the words is
  uint64_t words = 0;
  std::string remark;  // what can be done about it, or why nothing needs to be
};

const char* name_of(FactState state);

// More than this differ only where memory is laid out otherwise: then nothing can be told from it.
inline constexpr size_t kMostWords = 20000;

// The words that differ in a boot with one other input.
struct InputWords {
  std::string input;
  std::string variable;  // empty: it is none
  std::vector<snapshot::DifferingWord> words;
};

// What three launches have at all these addresses.
struct LookedAt {
  Owners frozen;             // as the image has it
  Owners published[2] = {};  // after everything was imported
};

// Sorted: by state, input, path.
std::vector<CapturedFact> captured_facts(const std::vector<InputWords>& inputs,
                                         const LookedAt& looked_at,
                                         const snapshot::Snapshot& snapshot);

}  // namespace pysnap::launcher
