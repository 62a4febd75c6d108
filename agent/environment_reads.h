// Which imports would read other values of environment variables now than at the build
// (agent/python/environment_reads.py).
#pragma once

#include "agent/python_api.h"

namespace pysnap::agent {

// `environment`: the dictionary of os.environ. `variables`: a tuple of (name, hash of the value or
// -1 for none, index of each hidden module whose import has read it).
void watch_variables(PyObject* environment, PyObject* variables);

// Looks at the variables as the program sees them, again when something has been set or removed;
// then `reads_differ` of the hidden modules says what concerns them. True where it is so for none.
bool variables_are_unchanged();

}  // namespace pysnap::agent
