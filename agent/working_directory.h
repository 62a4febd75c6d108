// Which imports look at the working directory, as the builder hears it, and whether it is still the
// one of the build (agent/python/directory_uses.py).
#pragma once

#include "agent/prepared_modules.h"

namespace pysnap::agent {

// Before the imports: from here on the builder counts how often this process asks for its working
// directory or names a file relative to it. Where nobody listens, nothing is counted.
PyObject* count_directory_uses(PyObject*, PyObject*);
PyObject* directory_uses(PyObject*, PyObject*);
PyObject* directory_answers(PyObject*, PyObject*);  // without names sought there in vain

// `directory`: the build's, as bytes; or None, where no hidden module has looked at it. `users`:
// the keys are the indices of the modules whose import looks at it, or imports one that does.
void watch_directory(PyObject* directory, PyObject* users);

// Whether the import of this module could see no other directory than at the build.
bool directory_stands(const PreparedModule& record);

}  // namespace pysnap::agent
