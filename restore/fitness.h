// Whether a sound image fits this launch: the machine, the kernel, the files it maps, and the
// start-up variables. Nothing is mapped before all of it has been answered.
#pragma once

#include "bare/process_start.h"
#include "bare/text.h"
#include "format/image_view.h"

namespace pysnap::restore {

enum class Fitness {
  kFits,
  kOtherStartup,  // the interpreter would have started differently: plain Python runs
  kNoRoom,        // a limit of this process is in the way, not the image: plain Python runs
  kUnfit,         // code or data would not be what was captured: the image is refused
};

// Files opened while checking, for the mapping step; index as in the image's table.
inline constexpr uint32_t kMostFiles = 4096;
struct OpenFiles {
  int descriptors[kMostFiles];
};

// `explanation` gets a sentence when the answer is not kFits.
Fitness check_fitness(const format::ImageView& image, const bare::ProcessStart& start,
                      OpenFiles& files, bare::Message& explanation);

}  // namespace pysnap::restore
