// The steps of a launch inside the restored process. The restorer has given back memory, thread
// pointer and kernel state; everything here runs as the captured process, with libc and Python.
#include <stdlib.h>

#include "agent/after_slide.h"
#include "agent/agent.h"

namespace pysnap::agent {

[[noreturn]] void resume(const format::LaunchRequest* request) {
  // 1. Before anything looks into a dictionary: what depends on where memory lies.
  settle_after_slide(*request);

  // 2. Native state: everything below already draws random numbers.
  const bool freezes_again = (request->flags & format::kFreezesAgain) != 0;
  listen_to_builder(freezes_again ? static_cast<int>(request->control) : -1);
  refresh_native_state(*request);

  if ((request->flags & format::kHoldAtEnd) != 0) hold_native_end();

  // 3. The launch, the program, and its end.
  if (request->kind == format::ProgramKind::kCheckpoint) continue_script(*request);
  if (freezes_again) launch_script_to_freeze(*request);
  const int status = run_program(*request);
  exit(status);
}

}  // namespace pysnap::agent
