// What ps(1), top(1) and /proc show of a launched process: the interpreter and the program's
// command line, not this program's.
#pragma once

#include "bare/process_start.h"

namespace pysnap::restore {

// /proc/PID/comm: the last part of the interpreter's path.
void set_process_name(const char* interpreter);

// /proc/PID/cmdline: `interpreter` and `arguments`, which are the last of the initial stack's. May
// overwrite the arguments before those. Where the kernel cannot do it, nothing changes.
void show_command_line(const bare::ProcessStart& start, const char* interpreter, char** arguments);

}  // namespace pysnap::restore
