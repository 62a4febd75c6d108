// What an image keeps of a variable's value that may be a secret: enough to know it again, and
// nothing that leads back to it. XXH3 would not do: of up to 16 bytes it can be computed backwards.
// A value that can be guessed can also be confirmed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pysnap::format {

// SHA-256 (FIPS 180-4), one byte after the other: a launch computes it for a handful of values.
class Sha256 {
 public:
  void add(const char* text) {
    for (; *text != 0; ++text) add_byte(static_cast<uint8_t>(*text));
  }

  void add_byte(uint8_t byte) {
    block_[size_ % kBlock] = byte;
    ++size_;
    if (size_ % kBlock == 0) take_block();
  }

  // Ends the message.
  void finish() {
    const uint64_t bits = size_ * 8;
    add_byte(0x80);
    while (size_ % kBlock != kBlock - 8) add_byte(0);
    for (int shift = 56; shift >= 0; shift -= 8) add_byte(static_cast<uint8_t>(bits >> shift));
  }

  uint32_t word(int index) const { return state_[index]; }

 private:
  static constexpr uint64_t kBlock = 64;
  static constexpr uint32_t kConstants[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
      0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
      0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
      0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
      0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
      0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
      0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
      0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
      0xc67178f2};

  static uint32_t rotated(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

  void take_block() {
    uint32_t words[64];
    for (int i = 0; i < 16; ++i)
      words[i] = static_cast<uint32_t>(block_[4 * i] << 24 | block_[4 * i + 1] << 16 |
                                       block_[4 * i + 2] << 8 | block_[4 * i + 3]);
    for (int i = 16; i < 64; ++i) {
      const uint32_t a = words[i - 15], b = words[i - 2];
      words[i] = words[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + words[i - 7] +
                 (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
    uint32_t s[8];
    for (int i = 0; i < 8; ++i) s[i] = state_[i];
    for (int i = 0; i < 64; ++i) {
      const uint32_t high = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25);
      const uint32_t chosen = (s[4] & s[5]) ^ (~s[4] & s[6]);
      const uint32_t first = s[7] + high + chosen + kConstants[i] + words[i];
      const uint32_t low = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22);
      const uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
      for (int k = 7; k > 0; --k) s[k] = s[k - 1];
      s[4] += first;
      s[0] = first + low + most;
    }
    for (int i = 0; i < 8; ++i) state_[i] += s[i];
  }

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t block_[kBlock] = {};
  uint64_t size_ = 0;
};

struct ValueDigest {
  uint64_t high;
  uint64_t low;
  bool operator==(const ValueDigest&) const = default;
};

// With the name, so that equal values of two variables do not look equal.
inline ValueDigest value_digest(const char* name, const char* value) {
  Sha256 digest;
  digest.add(name);
  digest.add("=");
  digest.add(value);
  digest.finish();
  return {uint64_t{digest.word(0)} << 32 | digest.word(1),
          uint64_t{digest.word(2)} << 32 | digest.word(3)};
}

}  // namespace pysnap::format
