// Whether the variables that imports have read at the build are the same now
// (agent/python/environment_reads.py).
#pragma once

#include "agent/python_api.h"

namespace pysnap::agent {

// `environment`: the dictionary of os.environ. `variables`: a tuple of (name, hash of the value or
// -1 for none).
void watch_variables(PyObject* environment, PyObject* variables);

// As the program sees them. Looks again when something has been set or removed.
bool variables_are_unchanged();

}  // namespace pysnap::agent
