// What an image depends on, read back from it, and gathered for a new one.
#pragma once

#include <vector>

#include "elf_writer/image_contents.h"
#include "format/image_view.h"
#include "launcher/arena_boot.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::launcher {

// In the order in which a launch compares them, with whole paths.
std::vector<elf_writer::Dependency> dependencies_of(const format::ImageView& view);

// The first path that is not as the boot has found it; empty: all are. A trusted image, whose
// launches do not ask, is examined like any other.
std::string changed_dependency(const format::ImageView& view);

// Puts into `contents` what a new image depends on, beside what is there. An input error names what
// others have changed while the image was made.
support::Status add_dependencies(const FrozenInterpreter& frozen, const BaseImage* base,
                                 const Installation& installation,
                                 const snapshot::Snapshot& snapshot,
                                 elf_writer::ImageContents& contents);

}  // namespace pysnap::launcher
