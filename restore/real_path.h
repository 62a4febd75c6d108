// Where a path leads.
#pragma once

namespace pysnap::restore {

// Writes the absolute path without symbolic links, which /proc knows, into a buffer of
// bare::kLongestPath bytes. False, and an empty text: there is nothing, or no /proc.
bool find_real_path(const char* path, char* real);

}  // namespace pysnap::restore
