// The parts of pysnap, the interpreter, and a whole image of it: made, launched and thrown away.
#pragma once

#include <optional>
#include <string>

#include "launcher/finding.h"
#include "launcher/installation.h"
#include "launcher/python_probe.h"

namespace pysnap::launcher {

struct Examined {
  Findings findings;
  std::optional<Installation> installation;
  std::optional<PythonInterpreter> python;
};

// `python`: as `pysnap build --python` takes it.
Examined check_parts(const std::string& python);

// Other backends.
Finding check_criu();

// What no other check has thought of shows here. `directory`: where to try first.
Finding check_trial(const Examined& examined, const std::string& directory);

}  // namespace pysnap::launcher
