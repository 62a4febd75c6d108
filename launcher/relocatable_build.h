// `pysnap build --relocatable`: what of an image depends on where it lies, found by booting again
// elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "launcher/captured_facts.h"
#include "snapshot/relocations.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::launcher {

// A boot with the inputs of the first one; its arena ends at `ceiling`.
using BootAgain = std::function<support::Result<snapshot::Snapshot>(uint64_t ceiling)>;

struct Relocation {
  std::optional<snapshot::Relocations> relocations;
  std::string obstacle;                  // why there are none; empty: there are, or none is wanted
  std::vector<uint64_t> unexplained;     // addresses of words without an equation
  std::vector<InputWords> unrepeatable;  // words that differ in boots with equal inputs
};

// `first`: pages that a moved process changes become pages of it even if they hold nothing yet.
// It is of CPython 3.`minor_version`. Tells nothing of unrepeatable words.
support::Result<Relocation> make_relocatable(int minor_version, snapshot::Snapshot& first,
                                             const BootAgain& boot_again);

}  // namespace pysnap::launcher
