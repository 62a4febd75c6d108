// One program of a configuration, and its image in a directory of prewarmed images.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "launcher/configuration.h"
#include "launcher/installation.h"
#include "launcher/manifest.h"
#include "support/error.h"

namespace pysnap::launcher {

enum class Sealing { kNo, kYes };

// What all programs have in common.
struct PrewarmContext {
  Configuration configuration;
  Installation installation;
  std::string directory;  // of the images, without symbolic links
  Sealing sealing = Sealing::kYes;
  mode_t readers = 0;                // who may read the images beside their owner: bits of a mode
  std::vector<ManifestEntry> known;  // what the directory held so far
};

enum class PrewarmState { kBuilt, kKept, kFailed };

const char* name_of(PrewarmState state);

struct PrewarmedProgram {
  PrewarmState state = PrewarmState::kFailed;
  std::string reason;  // why it was built, or why that failed
  ManifestEntry entry;
  std::vector<std::string> notices;
  double seconds = 0;
};

// Steps: what the program is; what its image is made from; keep the image that is there, or build,
// prove and seal one. *After it*: the image under its name is complete, proven and up to date, or
// the state is kFailed.
PrewarmedProgram prewarm_program(const PrewarmContext& context, const ConfiguredProgram& program);

// For the way between processes.
std::string to_text(const PrewarmedProgram& program);
PrewarmedProgram program_from_text(const std::string& text);

}  // namespace pysnap::launcher
