// Whether the search for modules still is the one that the image was made with.
#pragma once

#include "agent/python_api.h"

namespace pysnap::agent {

// Whether a list holds, behind so many others, the very objects of another one and nothing else.
bool ends_at(PyObject* list, PyObject* items, long skipped);

// sys.path, sys.meta_path and sys.path_hooks as they are now are the expected ones.
// `interesting`: first parts of module names -> the directory they must come from, or None for
// those that must come from no new one.
void watch_search_path(PyObject* interesting);

// Whether sys.meta_path and sys.path_hooks are the expected ones; publishing a module may then add
// finders of its own to what is expected.
bool finders_are_expected();
void expect_finders();

// True when the finders are the expected ones, and sys.path differs by directories in front only,
// none of which has an entry that could be an interesting module from elsewhere. False:
// agent/python/verdict.py decides.
bool search_is_unchanged();

}  // namespace pysnap::agent
