// Where a path leads.
//
// By readlink(2) for each part of it. /proc/self/fd would do with three calls, but the first look
// into /proc makes the kernel build entries for the new process: 11 to 20 µs of processor time.
#pragma once

namespace pysnap::restore {

// Writes the absolute path without symbolic links into a buffer of bare::kLongestPath bytes. False,
// and an empty text: there is nothing of that name, or its path is too long.
bool find_real_path(const char* path, char* real);

}  // namespace pysnap::restore
