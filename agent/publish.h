// Hidden modules: prepared, frozen, and not in sys.modules until the program imports them.
#pragma once

#include "agent/prepared_modules.h"
#include "agent/python_api.h"

namespace pysnap::agent {

// Gives agent/python the functions that only C can provide; before its sources are executed.
void add_publish_helpers(PyObject* names);

// The last change to the interpreter before the freeze: from here on imports go through
// publish.cpp. In a launch that is frozen again they do already, and what an earlier freeze has
// hidden stays hidden.
void hide_prepared_modules();

// After gc.freeze(), for the classes that agent/python has found before it: from here on
// __subclasses__() leaves out those of hidden modules.
void hide_prepared_classes();

// For agent/python/recorder.py: (self, wanted) -> what was wanted before. Tells
// note_native_import() there of every import that C code makes.
PyObject* watch_native_imports(PyObject*, PyObject* wanted);

// --explain: says on standard error why a prepared module is imported afresh.
void explain_publishing();

// What the names of published modules stand for now, be it by the launch itself (sys.stdout and its
// like) or by an import, is expected from here on.
void expect_present_names();

// Before the agent's own code or an effect changes names: what the program has changed by now stays
// known as changed.
void note_changed_names();

// What a module's names stood for at the freeze; nullptr for a module that had none.
PyObject* names_at_freeze(const PreparedModule& record);

// For the interpreter's own end, after which nobody imports: what was published is the program's
// alone; what is still hidden stays for ever, as nothing of it may be seen to end.
void end_publishing();

// Whether a module was there at the freeze, hidden or not.
bool belongs_to_image(PyObject* module);

}  // namespace pysnap::agent
