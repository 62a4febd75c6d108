// Starts `pysnap learn` from a process that is about to end.
#pragma once

namespace pysnap::learner {

enum class Ending { kAtOnce, kWaits };

// `input`: a descriptor of the notes. The builder is in a session of its own, with the signals of a
// new process and none of this one's streams, unless this process waits for it.
void start_builder(const char* path, int input, char** environment, Ending ending);

}  // namespace pysnap::learner
