// `pysnap inspect`: what an image is, and what every byte of it is for. `pysnap verify`: whether
// all of it is as it was written.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

enum class OutputForm { kText, kJson };

support::Status inspect(const std::string& path, OutputForm form);
support::Status verify(const std::string& path);

}  // namespace pysnap::launcher
