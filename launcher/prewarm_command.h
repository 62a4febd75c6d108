// `pysnap prewarm`: the images of all programs of a configuration, for deployments.
#pragma once

#include <string>

#include "launcher/prewarm_program.h"
#include "support/error.h"

namespace pysnap::launcher {

struct PrewarmOptions {
  std::string configuration;    // a file; empty: the nearest one is searched for
  std::string directory = ".";  // where that search begins
  std::string output;           // empty: .pysnap beside the configuration
  size_t jobs = 0;              // builds at a time; 0: as many as there are processors
  Sealing sealing = Sealing::kYes;
  bool json = false;
};

enum class Outcome { kAll, kSome };  // whether each program has its image

// Prints a table, and a sentence for each program that failed.
support::Result<Outcome> prewarm(const PrewarmOptions& options);

}  // namespace pysnap::launcher
