// Any bytes as an original file, whose build-id is looked for in its notes.
#include "fuzz/expect.h"
#include "fuzz/memory_file.h"
#include "snapshot/original_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pysnap;
  const tests::MemoryFile file(data, size);
  const auto identity = snapshot::identify_file(file.path());
  if (identity) tests::expect(identity->size == size, "an identity tells the file's size");
  return 0;
}
