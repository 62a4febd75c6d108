// `pysnap cache`: what the cache holds, and less of it.
#pragma once

#include <string>

#include "support/error.h"

namespace pysnap::launcher {

support::Status cache_list(bool as_json);
// `wanted`: the beginning of a key, or a part of the program's command line.
support::Status cache_show(const std::string& wanted, bool as_json);
// `size`: as PYSNAP_CACHE_SIZE has it; empty: that variable's, or the default.
support::Status cache_prune(const std::string& size);
support::Status cache_clear();

}  // namespace pysnap::launcher
