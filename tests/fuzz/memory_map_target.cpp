// Any text as /proc/PID/smaps: a malformed one is an error, never a mapping that cannot be.
#include "fuzz/expect.h"
#include "snapshot/memory_map.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pysnap;
  // A copy of exactly this size, so that a sanitizer sees the first byte behind it.
  const std::vector<char> text(data, data + size);
  const auto mappings = snapshot::parse_memory_map({text.data(), text.size()});
  if (!mappings) {
    tests::expect(!mappings.error().sentence.empty(), "each error has a sentence");
    return 0;
  }
  for (const snapshot::Mapping& mapping : *mappings) {
    tests::expect(mapping.begin < mapping.end, "a mapping is not empty");
    tests::expect(mapping.protection <= 7, "a protection has three bits");
  }
  return 0;
}
