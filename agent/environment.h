// The C environment across the freeze: what imports set must survive, what the builder had must
// not.
#pragma once

namespace pysnap::agent {

// Remembers the environment the interpreter was started with; call before any import.
void note_start_environment();

// Wipes the builder's variables from memory; keeps those that imports added or changed.
void forget_environment();

// Makes `environ` the launch's environment, with what the imports changed applied to it.
void set_environment(char** launch_environment);

}  // namespace pysnap::agent
