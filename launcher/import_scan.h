// Which installed modules a program imports when it starts, as far as its sources say. Nothing of
// the program is executed: Python's own parser reads it, in the interpreter that the image is built
// with, because that one knows its syntax and its search path.
#pragma once

#include <string>
#include <vector>

#include "format/agent_contract.h"
#include "launcher/python_probe.h"
#include "support/error.h"

namespace pysnap::launcher {

struct ScannedProgram {
  format::ProgramKind kind = format::ProgramKind::kScript;  // or kModule
  std::string name;                                         // a path, or a module
  std::string search_directory;                             // that launches have in sys.path[0]
};

// In the order in which they would be imported, packages before their modules. Imports inside
// functions do not count, those of the project's own modules do. An input error: there is no such
// program, or it is no Python.
support::Result<std::vector<std::string>> scan_imports(
    const PythonInterpreter& python, const std::vector<std::string>& python_options,
    const ScannedProgram& program);

}  // namespace pysnap::launcher
