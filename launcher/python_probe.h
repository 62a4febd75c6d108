// Finds out what a Python interpreter is before it is booted.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

struct PythonInterpreter {
  std::string executable;  // sys.executable: the path that decides about a virtual environment
  std::string file;        // the ELF file behind it, links resolved
  std::string loader;      // its dynamic loader (PT_INTERP)
  std::string version;     // "3.11.2"
};

// `wanted`: a path or a name on PATH; empty: the active virtual environment's interpreter, else
// `python3` on PATH. Rejects what is not CPython 3.10 to 3.13 with a sentence.
support::Result<PythonInterpreter> probe_python(const std::string& wanted);

}  // namespace pysnap::launcher
