// Whether a sound image fits this launch: the machine, the kernel, the files it maps and depends
// on, and the start-up variables. Nothing is mapped before all of it has been answered. Where it
// does not fit, plain Python runs.
#pragma once

#include "bare/process_start.h"
#include "bare/text.h"
#include "format/image_view.h"
#include "restore/launch_options.h"

namespace pysnap::restore {

enum class Fitness {
  kFits,
  kOtherStartup,  // the interpreter would have started differently
  kNoRoom,        // a limit of this process is in the way, not the image
  kUnfit,         // code or data would not be what was captured: the image must be built again
};

// Files opened while checking, for the mapping step; index as in the image's table.
inline constexpr uint32_t kMostFiles = 4096;
struct OpenFiles {
  int descriptors[kMostFiles];
};

// Whether a launch has the options of Python that the interpreter of the image started with. A
// reason, or nullptr when it has.
const char* why_not_options(const format::ImageView& image, const LaunchOptions& options,
                            char** environment);

// Whether the interpreter of the image ignores PYTHON* variables (-E, -I).
bool ignores_environment(const format::ImageView& image);

// Whether the variables and the working directory must be those of the build. To launches of the
// builder's own, which run none of the user's programs, they mean nothing.
enum class Surroundings { kCompared, kIgnored };

// `explanation` gets a sentence when the answer is not kFits.
Fitness check_fitness(const format::ImageView& image, const bare::ProcessStart& start,
                      Surroundings surroundings, OpenFiles& files, bare::Message& explanation);

}  // namespace pysnap::restore
