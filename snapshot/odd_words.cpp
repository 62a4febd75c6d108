#include "snapshot/odd_words.h"

namespace pysnap::snapshot {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);

}  // namespace

bool is_of_processor(const format::Processor& processor, uint64_t found, uint64_t wanted) {
  constexpr uint64_t kNumber = 0xff000000;
  return found >> 32 == processor.features[0] && (found & ~kNumber) == (wanted & ~kNumber);
}

bool is_of_generator(const SnapshotMemory& memory, uint64_t place) {
  constexpr uint64_t kConstant = 0x3320646e61707865;  // "expand 32-byte k"
  constexpr uint64_t kWordsBefore = 3;
  constexpr uint64_t kWordsOfState = 16;
  for (uint64_t i = 0; i < kWordsOfState + kWordsBefore; ++i) {
    if (memory.word(place + (kWordsBefore - i) * kWord) == kConstant) return true;
  }
  return false;
}

bool tells_address(uint64_t found, uint64_t wanted) {
  const auto is_digit = [](unsigned byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
  };
  for (; found != 0 || wanted != 0; found >>= 8, wanted >>= 8) {
    const unsigned byte = found & 0xff;
    const unsigned other = wanted & 0xff;
    const bool is_text = byte == 0 || byte == '\n' || (byte >= ' ' && byte <= '~');
    if (!is_text || (byte != other && !(is_digit(byte) && is_digit(other)))) return false;
  }
  return true;
}

}  // namespace pysnap::snapshot
