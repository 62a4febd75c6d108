// Where the parts of pysnap lie: beside the running program.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

struct Installation {
  std::string run_program;   // bin/pysnap-run
  std::string boot_program;  // lib/pysnap/pysnap-boot
  std::string agent;         // lib/pysnap/pysnap-agent.so
  std::string package;       // lib/pysnap/python, the folder of the Python package
};

// Fails when a part is missing, naming it.
support::Result<Installation> find_installation();

}  // namespace pysnap::launcher
