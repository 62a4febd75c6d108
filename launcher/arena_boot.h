// Boots an interpreter in an arena, or launches a base image, and leads the process to the frozen
// state.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "launcher/access_record.h"
#include "launcher/base_image.h"
#include "launcher/child_process.h"
#include "launcher/dependencies.h"
#include "launcher/directory_use.h"
#include "launcher/installation.h"
#include "launcher/python_probe.h"
#include "support/error.h"

namespace pysnap::launcher {

// What the interpreter is told to do before it freezes.
struct BootOrders {
  std::vector<std::string> modules;
  bool refuses_output = false;        // of imports and of start-up: launches would lack it
  std::string search_directory;       // in front of sys.path during the imports; empty: none
  std::vector<std::string> learned;   // imported where that goes well (agent/python/learned.py)
  std::vector<std::string> left_out;  // which are not learned again, as they cannot be frozen
  std::vector<std::string> code_only;
  std::vector<std::string> excluded;
  std::vector<std::string> ignored_variables;  // what imports read of them does not count
  std::string warm_up;                         // a script; empty: none
  std::vector<std::string> python_options;
  std::string script;  // runs last, up to its checkpoint; empty: none
  std::vector<std::string> script_arguments;
  uint64_t generation = 0;  // the image's, which the package `pysnap` tells programs
};

// A frozen interpreter; the processes end when this is destroyed.
struct FrozenInterpreter {
  FrozenInterpreter(ChildProcess process_of_boot, support::File socket, uint64_t arena_high)
      : boot(std::move(process_of_boot)), control(std::move(socket)), ceiling(arena_high) {}

  ChildProcess boot;      // the parent, waiting
  support::File control;  // the frozen process lives as long as this is open
  pid_t process = 0;      // the frozen process
  uint64_t ceiling = 0;
  uint64_t agent_state_address = 0;
  std::vector<std::string> modules;      // sys.modules, in order
  std::vector<std::string> start_files;  // the interpreter and the libraries it starts with
  std::vector<std::string> variables;    // of the environment, read by what cannot be read again
  DirectoryUse directory;
  uint64_t shed_threads = 0;
  std::vector<std::string> notices;  // what looks suspicious
  std::string printed;               // what the imports wrote to stdout and stderr
  AccessedPaths accessed;            // by the process, from its first instruction to the freeze
  std::string access_problem;        // why they are not known; empty: they are
  std::map<std::string, SearchedDirectory> searched;  // by the import system
};

// `report`: called with a word for every step and module. A module that fails, or leaves behind
// what cannot be frozen, is an error whose sentence names it and the way out.
support::Result<FrozenInterpreter> boot_and_freeze(
    const PythonInterpreter& python, const Installation& installation, const BootOrders& orders,
    const std::function<void(const std::string&)>& report, BootInputs& inputs,
    uint64_t ceiling = 0);

// The same for a program that is launched from a base image and frozen at its next checkpoint.
support::Result<FrozenInterpreter> launch_and_freeze(
    const BaseImage& base, const Installation& installation, const BootOrders& orders,
    const std::function<void(const std::string&)>& report);

}  // namespace pysnap::launcher
