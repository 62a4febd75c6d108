// `pysnap build --relocatable`: what of an image depends on where it lies, found by booting again
// elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "launcher/image_place.h"
#include "snapshot/relocations.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::launcher {

// A boot with the inputs of the first one; its arena ends at `ceiling`.
using BootAgain = std::function<support::Result<snapshot::Snapshot>(uint64_t ceiling)>;

struct Relocation {
  std::optional<snapshot::Relocations> relocations;
  std::string notice;  // why there are none; empty: there are
};

// `first`: pages that a moved process changes become pages of it even if they hold nothing yet.
// It is of CPython 3.`minor_version`.
support::Result<Relocation> make_relocatable(Relocatable wanted, int minor_version,
                                             snapshot::Snapshot& first,
                                             const BootAgain& boot_again);

}  // namespace pysnap::launcher
