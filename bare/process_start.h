// What the kernel hands to a new process: the block at the initial stack pointer.
// Layout: x86-64 psABI, figure 3.9; keys: getauxval(3), linux/auxvec.h.
#pragma once

#include <cstdint>

namespace pysnap::bare {

struct AuxiliaryEntry {
  uint64_t key;
  uint64_t value;
};

// A view of the initial block; owns nothing, valid as long as the initial stack is mapped.
struct ProcessStart {
  long argument_count;
  char** arguments;           // argument_count entries, then a null pointer
  char** environment;         // null-terminated
  AuxiliaryEntry* auxiliary;  // ends with key 0 (AT_NULL)

  static ProcessStart parse(void* initial_stack_pointer) {
    long* words = static_cast<long*>(initial_stack_pointer);
    ProcessStart start;
    start.argument_count = words[0];
    start.arguments = reinterpret_cast<char**>(words + 1);
    start.environment = start.arguments + start.argument_count + 1;
    char** end = start.environment;
    while (*end != nullptr) ++end;
    start.auxiliary = reinterpret_cast<AuxiliaryEntry*>(end + 1);
    return start;
  }

  uint64_t auxiliary_value(uint64_t key) const {
    for (const AuxiliaryEntry* entry = auxiliary; entry->key != 0; ++entry) {
      if (entry->key == key) return entry->value;
    }
    return 0;
  }
};

}  // namespace pysnap::bare
