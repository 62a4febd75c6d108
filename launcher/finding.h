// What `pysnap doctor` has found out about one thing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pysnap::launcher {

enum class Verdict {
  kOk,
  kNote,  // pysnap works, but something is slower, missing or will not last
  kNo,    // images cannot be made, kept or launched
};

struct Finding {
  std::string check;  // what was looked at
  Verdict verdict = Verdict::kOk;
  std::string found;
  std::string consequence;  // what will not work; empty: nothing
  std::string way_out;
};

using Findings = std::vector<Finding>;

inline Finding good(std::string check, std::string found) {
  return {std::move(check), Verdict::kOk, std::move(found), "", ""};
}
inline Finding note(std::string check, std::string found, std::string consequence,
                    std::string way_out) {
  return {std::move(check), Verdict::kNote, std::move(found), std::move(consequence),
          std::move(way_out)};
}
inline Finding bad(std::string check, std::string found, std::string consequence,
                   std::string way_out) {
  return {std::move(check), Verdict::kNo, std::move(found), std::move(consequence),
          std::move(way_out)};
}

// "15.9 MB", as the summary of a build has it.
std::string size_in_words(uint64_t bytes);

}  // namespace pysnap::launcher
