// A condition that every input must keep. Not assert(): these stay on in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace pysnap::tests {

inline void expect(bool condition, const char* sentence) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", sentence);
  std::abort();  // libFuzzer keeps the input
}

}  // namespace pysnap::tests
