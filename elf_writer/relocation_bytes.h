// The relocation table of an image as bytes (format/relocation_table.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "snapshot/relocations.h"

namespace pysnap::elf_writer {

// `places`: ascending multiples of 8.
std::vector<uint64_t> pack_places(const std::vector<uint64_t>& places);

std::vector<std::byte> relocation_bytes(const snapshot::Relocations& relocations);

}  // namespace pysnap::elf_writer
