// Scripts that are compiled code (.pyc files).
#pragma once

#include <stdio.h>

#include "agent/python_api.h"

namespace pysnap::agent {

// By its name, or by its first bytes when nothing of it has been read.
bool is_compiled(const char* path, FILE* file);

// Runs it in the namespace and closes it; nullptr with an error set.
PyObject* run_compiled(FILE* file, PyObject* names);

}  // namespace pysnap::agent
