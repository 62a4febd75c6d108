// Installed commands: the console scripts of a Python environment.
#pragma once

#include <string>

#include "launcher/python_probe.h"
#include "support/error.h"

namespace pysnap::launcher {

struct EntryPoint {
  std::string module;  // what the command imports
  std::string script;  // the file that installing it has made
};

// Asks the interpreter, as it would start in this environment. A command that no installed package
// has, or without its script, is an error whose sentence says so.
support::Result<EntryPoint> find_entry_point(const PythonInterpreter& python,
                                             const std::string& name);

}  // namespace pysnap::launcher
