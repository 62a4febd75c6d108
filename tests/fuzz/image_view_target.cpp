// Any bytes as a metadata block, as they are and with the seal repaired. A view that passed the
// checks hands out only what lies inside the block.
#include <cstring>
#include <memory>

#include "format/seal.h"
#include "fuzz/expect.h"
#include "fuzz/image_repair.h"
#include "fuzz/table_mutator.h"
#include "fuzz/view_walk.h"

namespace pysnap::tests {
namespace {

constexpr uint64_t kFileSize = 1 << 20;

// A buffer of exactly this size, so that a sanitizer sees the first byte behind it.
std::unique_ptr<unsigned char[]> exact_copy(const uint8_t* data, size_t size) {
  std::unique_ptr<unsigned char[]> copy(new unsigned char[size]);
  std::memcpy(copy.get(), data, size);
  return copy;
}

void try_block(const unsigned char* block, size_t size) {
  const format::RejectReason structure = format::ImageView::check(block, size, kFileSize);
  expect(std::strlen(format::reason_text(structure)) > 0, "each reason has a sentence");
  const format::RejectReason reason = format::check_seal("", 0, block, size, kFileSize);
  if (reason == format::RejectReason::kNone) walk(format::ImageView(block), size);
}

}  // namespace
}  // namespace pysnap::tests

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  if (seed % 4 != 0) return LLVMFuzzerMutate(data, size, most);
  pysnap::tests::mutate_tables(data, size, 0, seed);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pysnap;
  const auto block = tests::exact_copy(data, size);
  tests::try_block(block.get(), size);
  if (size < sizeof(format::ImageHeader)) return 0;
  auto& header = *reinterpret_cast<format::ImageHeader*>(block.get());
  header.front_checksum = format::checksum("", 0);
  tests::repair_block(block.get(), size, tests::kFileSize);
  tests::try_block(block.get(), size);
  return 0;
}
