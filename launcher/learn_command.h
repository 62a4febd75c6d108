// `pysnap learn`: makes the image of a program that plain Python has just run. The learner
// (agent/learner) starts it when the program has ended; its notes are on standard input.
#pragma once

#include "support/error.h"

namespace pysnap::launcher {

support::Status learn();

}  // namespace pysnap::launcher
