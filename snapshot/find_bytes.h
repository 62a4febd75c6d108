// Where a snapshot holds bytes that are known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snapshot/snapshot.h"

namespace pysnap::snapshot {

// As many bytes as are compared: by chance nobody has the same.
inline constexpr size_t kFoundBytes = 16;

// Ascending addresses, multiples of 8, at which the first kFoundBytes of one of the texts stand. So
// begin the bytes of each object. Shorter texts are not sought.
std::vector<uint64_t> find_bytes(const Snapshot& snapshot, const std::vector<std::string>& texts);

}  // namespace pysnap::snapshot
