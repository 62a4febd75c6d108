#include "fuzz/table_mutator.h"

#include <cstring>
#include <random>

#include "format/image_format.h"

namespace pysnap::tests {
namespace {

using format::ImageHeader;
using format::Table;

constexpr Table ImageHeader::*kTables[] = {
    &ImageHeader::regions,      &ImageHeader::files,       &ImageHeader::segments,
    &ImageHeader::modules,      &ImageHeader::environment, &ImageHeader::notices,
    &ImageHeader::hot_runs,     &ImageHeader::options,     &ImageHeader::folders,
    &ImageHeader::dependencies, &ImageHeader::listings,    &ImageHeader::stems,
    &ImageHeader::captured,     &ImageHeader::strings,
};
constexpr uint64_t kExtremes[] = {
    0, 1, 7, 8, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~uint64_t{7}, ~uint64_t{0}};

}  // namespace

void mutate_tables(uint8_t* data, size_t size, uint64_t offset, uint32_t seed) {
  ImageHeader header;
  if (size < offset || size - offset < sizeof header) return;
  std::memcpy(&header, data + offset, sizeof header);
  std::minstd_rand random(seed);
  const auto below = [&](size_t count) { return random() % count; };
  Table& table = header.*kTables[below(std::size(kTables))];
  const Table other = header.*kTables[below(std::size(kTables))];
  switch (below(5)) {
    case 0:
      table.offset = other.offset;
      table.count = other.count;
      break;
    case 1:
      table.count += below(2) == 0 ? 1 : -1u;
      break;
    case 2:
      table.offset += below(2) == 0 ? 8 : ~uint64_t{7};
      break;
    case 3:
      table.offset = kExtremes[below(std::size(kExtremes))];
      break;
    default:
      table.count = static_cast<uint32_t>(kExtremes[below(std::size(kExtremes))]);
  }
  std::memcpy(data + offset, &header, sizeof header);
}

}  // namespace pysnap::tests
