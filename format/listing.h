// Which names of a listed directory an image depends on, and the digest that tells whether they are
// the same: computed by the builder, and by a launch that finds another time of modification.
//
// Why not the time alone: programs write output, caches and unrelated modules beside what they
// import. Why names alone: what is behind a name is a dependency of its own.
#pragma once

#include "format/checksum.h"
#include "format/image_view.h"

namespace pysnap::format {

struct ListingRules {
  uint32_t rules;
  Records<Stem> stems;
};

constexpr uint64_t stem_length(const char* name, uint64_t length) {
  uint64_t end = 0;
  while (end < length && name[end] != '.') ++end;
  return end;
}

constexpr bool name_ends_with(const char* name, uint64_t length, const char* end) {
  uint64_t size = 0;
  while (end[size] != 0) ++size;
  if (size > length) return false;
  for (uint64_t i = 0; i < size; ++i) {
    if (name[length - size + i] != end[i]) return false;
  }
  return true;
}

inline bool has_stem(const Records<Stem>& stems, uint64_t hash) {
  uint32_t low = 0;
  uint32_t high = stems.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (stems[middle].hash < hash)
      low = middle + 1;
    else
      high = middle;
  }
  return low < stems.count && stems[low].hash == hash;
}

inline bool name_matters(const ListingRules& wanted, const char* name, uint64_t length) {
  // Bytecode belongs to the sources it was made from.
  if (length == 11 && name_ends_with(name, length, "__pycache__")) return false;
  if ((wanted.rules & kEveryName) != 0) return true;
  if ((wanted.rules & kPathFiles) != 0 && name_ends_with(name, length, ".pth")) return true;
  if ((wanted.rules & kDistributions) != 0) {
    constexpr const char* kEnds[] = {".dist-info", ".egg-info", ".egg-link"};
    for (const char* end : kEnds) {
      if (name_ends_with(name, length, end)) return true;
    }
  }
  if (has_stem(wanted.stems, checksum(name, length))) return true;
  // A module's file, not output that is called like the module (importlib's suffixes).
  const bool is_module = name_ends_with(name, length, ".py") ||
                         name_ends_with(name, length, ".pyc") ||
                         name_ends_with(name, length, ".so");
  return is_module && has_stem(wanted.stems, checksum(name, stem_length(name, length)));
}

// The part of one name in the digest of a directory; a sum, because directories have no order.
inline uint64_t name_digest(const ListingRules& wanted, const char* name, uint64_t length) {
  const bool is_itself = name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
  return is_itself || !name_matters(wanted, name, length) ? 0 : checksum(name, length);
}

}  // namespace pysnap::format
