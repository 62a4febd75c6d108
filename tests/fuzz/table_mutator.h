// A mutation that random bytes hardly ever make: tables of the header that lie on one another.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pysnap::tests {

// Changes the header at `offset` of the input in one way that `seed` decides. Nothing where the
// input is too short for one.
void mutate_tables(uint8_t* data, size_t size, uint64_t offset, uint32_t seed);

}  // namespace pysnap::tests
