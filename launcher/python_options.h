// Options of Python that an image is built with: they are part of what it is.
#pragma once

#include <string>
#include <vector>

#include "support/error.h"

namespace pysnap::launcher {

// Splits a text as a shell does. Refused: what no image can have, each with the way out.
support::Result<std::vector<std::string>> read_identity_options(const std::string& text);

// The options of a command line of Python that decide how the interpreter starts, a word or two
// each. The program and what follows it need not be there.
support::Result<std::vector<std::string>> identity_options_of(
    const std::vector<std::string>& command_line);

// Whether an interpreter with these options ignores PYTHON* variables.
bool ignores_environment(const std::vector<std::string>& options);

}  // namespace pysnap::launcher
