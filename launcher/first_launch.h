// The first launch of a fresh image, by the builder: it proves that the image works and shows which
// pages every launch writes.
#pragma once

#include <string>
#include <vector>

#include "format/image_format.h"
#include "launcher/installation.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::launcher {

// kAnywhere: the variables and the working directory may be others than those of the build.
enum class Surroundings { kOfBuild, kAnywhere };

// Launches a trivial program in `environment`; anything but its right output and end is an error.
// `kind`: of the image's own program, whose exit functions do not run.
support::Status prove(const Installation& installation, const std::string& image,
                      const std::vector<std::string>& python_options, format::ProgramKind kind,
                      const std::vector<std::string>& environment,
                      Surroundings surroundings = Surroundings::kOfBuild);

// Launches a trivial program, stops it before its end and lists the pages of the image it wrote.
// Empty where that cannot be seen.
std::vector<format::HotRun> find_hot_pages(const Installation& installation,
                                           const std::string& image,
                                           const snapshot::Snapshot& snapshot,
                                           const std::vector<std::string>& python_options,
                                           format::ProgramKind kind);

}  // namespace pysnap::launcher
