// What keeps an image from moving, and what no boot repeats: by the objects that hold it.
#pragma once

#include <string>
#include <vector>

#include "launcher/captured_facts.h"
#include "launcher/installation.h"
#include "launcher/owners.h"
#include "launcher/relocatable_build.h"
#include "snapshot/snapshot.h"

namespace pysnap::launcher {

// Of each kind; what has most words comes first, and a last line counts the rest.
inline constexpr size_t kMostOwnerLines = 10;

// A line for each owner of words without an equation: how many, where the first is, what to do.
std::vector<std::string> unexplained_lines(const std::vector<Owner>& owners,
                                           const snapshot::Snapshot& snapshot);

// A line for each object that differs between boots with equal inputs, and is not made new by each
// launch or known to be harmless.
std::vector<std::string> unrepeatable_lines(const std::vector<InputWords>& words,
                                            const LookedAt& looked_at,
                                            const snapshot::Snapshot& snapshot);

// Both, with owners that launches of `image` tell.
std::vector<std::string> obstacle_lines(const Installation& installation, const std::string& image,
                                        const snapshot::Snapshot& snapshot,
                                        const Relocation& relocation);

}  // namespace pysnap::launcher
