// By what name images that were made in advance are found: of the directory of a program, below a
// directory that `pysnap prewarm` has filled. The restorer, which cannot read the manifest there,
// computes it for each launch.
//
// Neither the interpreter nor its options belong to it: which image of the directory serves a
// launch, the images say themselves. The names need not be unique: an image that was made for
// another program holds modules that this one may not import, and nothing worse.
#pragma once

#include "format/agent_contract.h"
#include "format/checksum.h"

namespace pysnap::format {

// Beside a configuration, and where launches look for it: beside a program and above.
inline constexpr const char* kPrewarmedDirectory = ".pysnap";
inline constexpr const char* kImageEnding = ".image";

// `name`: of a script, directory or archive the path without symbolic links; else of a module.
inline uint64_t program_key(ProgramKind kind, const char* name) {
  uint64_t length = 0;
  while (name[length] != 0) ++length;
  return XXH3_64bits_withSeed(name, length, kImageVersion * 64 + static_cast<uint64_t>(kind));
}

inline constexpr uint64_t kKeyLength = 16;  // hexadecimal digits

struct KeyText {
  char text[kKeyLength + 1];
};

inline KeyText key_text(uint64_t key) {
  KeyText result;
  for (uint64_t i = 0; i < kKeyLength; ++i)
    result.text[i] = "0123456789abcdef"[key >> (60 - 4 * i) & 15];
  result.text[kKeyLength] = 0;
  return result;
}

// Whether key_text() could have given a text.
inline bool is_key_text(const char* text, uint64_t length) {
  if (length != kKeyLength) return false;
  for (uint64_t i = 0; i < length; ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (!is_digit && (text[i] < 'a' || text[i] > 'f')) return false;
  }
  return true;
}

}  // namespace pysnap::format
