// The steps of a launch inside the restored process. The restorer has given back memory, thread
// pointer and kernel state; everything here runs as the captured process, with libc and Python.
#include <stdlib.h>

#include "agent/agent.h"

namespace pysnap::agent {

[[noreturn]] void resume(const format::LaunchRequest* request) {
  // 1. Native state first: the at-fork hooks below already draw random numbers.
  refresh_native_state(*request);

  // 2. The child's half of the fork that froze this process.
  python.PyOS_AfterFork_Child();

  // 3. The program, and its end.
  const int status = run_program(*request);
  exit(status);
}

}  // namespace pysnap::agent
