// The processor as captured code depends on it: the C library picked functions (IFUNC) and numeric
// libraries picked kernels for its features. Intel SDM volume 2A, CPUID; volume 1, XGETBV.
// Leaf 1 ecx and edx and leaf 7 ebx and ecx have no per-core bits. A virtual machine traps CPUID:
// 7 µs each on the development machine, so only two leaves are asked.
#pragma once

#include <cstdint>

#include "format/image_format.h"

namespace pysnap::format {

inline void processor_leaf(uint32_t leaf, uint32_t (&registers)[4]) {
  __asm__ volatile("cpuid"
                   : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]), "=d"(registers[3])
                   : "a"(leaf), "c"(0));
}

inline Processor this_processor() {
  constexpr uint32_t kHasExtendedState = 1u << 27;  // OSXSAVE
  Processor processor = {};
  uint32_t registers[4];
  processor_leaf(1, registers);
  processor.signature = registers[0];
  processor.features[0] = registers[2];
  processor.features[1] = registers[3];
  if ((registers[2] & kHasExtendedState) != 0) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    processor.extended_state = low;
  }
  processor_leaf(7, registers);
  processor.features[2] = registers[1];
  processor.features[3] = registers[2];
  return processor;
}

inline bool equal(const Processor& a, const Processor& b) {
  bool same = a.signature == b.signature && a.extended_state == b.extended_state;
  for (int i = 0; i < 4; ++i) same = same && a.features[i] == b.features[i];
  return same;
}

}  // namespace pysnap::format
