#include "launcher/unrepeatable.h"

#include "snapshot/differing_words.h"

namespace pysnap::launcher {
namespace {

// Process ids are numbers of half a word, or of a whole one.
bool holds(uint64_t word, pid_t process) {
  const auto number = static_cast<uint64_t>(process);
  return word == number || (word & 0xffffffff) == number || word >> 32 == number;
}

}  // namespace

void Unrepeatable::add(const snapshot::Snapshot& first, BootProcesses of_first,
                       const snapshot::Snapshot& second, BootProcesses of_second) {
  for (const snapshot::DifferingWord& word : snapshot::differing_words(first, second)) {
    if (!addresses_.insert(word.address).second) continue;
    const bool is_pid = holds(word.first, of_first.boot) && holds(word.second, of_second.boot);
    const bool is_child =
        holds(word.first, of_first.frozen) && holds(word.second, of_second.frozen);
    (is_pid || is_child ? pids_ : others_).words.push_back(word);
  }
}

}  // namespace pysnap::launcher
