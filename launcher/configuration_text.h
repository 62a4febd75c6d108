// The text of a configuration, checked: unknown keys, wrong types and contradictions are errors.
#pragma once

#include <optional>
#include <string>

#include "launcher/configuration.h"
#include "support/error.h"

namespace pysnap::launcher {

// `file`: absolute; its name decides where the settings are, its directory what paths are relative
// to. Nothing for a pyproject.toml without [tool.pysnap].
support::Result<std::optional<Configuration>> parse_configuration(const std::string& text,
                                                                  const std::string& file);

}  // namespace pysnap::launcher
