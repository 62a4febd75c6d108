// The table of all modules that were there at the freeze: what start-up imported, and what is
// hidden until the program imports it.
//
// Invariant: a record's `version` is that of its names when they were last as plain Python would
// have them; whatever the program changes shows as a different one. Indices never change.
#pragma once

#include <stdint.h>

#include "agent/python_api.h"

namespace pysnap::agent {

enum class ModuleState : uint8_t {
  kPublished,   // was in sys.modules at the freeze, or has been published
  kHidden,      // waits
  kPublishing,  // its import is being made again right now
  kGone,        // the program has imported the file afresh
};

// A part of a module's import: another module to import first, or an effect
// (agent/python/effects.py).
struct ImportStep {
  long index;        // >= 0: of the other module
  PyObject* effect;  // otherwise
};

struct PreparedModule {
  PyObject* name;
  PyObject* module;
  PyObject* names;  // the module's dictionary, or nullptr
  PyObject* child;  // the last part of its name
  PyObject* path;   // where a package looks for its modules, if that is a list; or nullptr
  PyObject* frozen_path;
  const ImportStep* steps;
  uint64_t version;
  uint64_t frozen_version;  // of the names, as they were hidden
  long parent;              // its package's record, or -1
  long package;             // the record of the first part of its name
  uint32_t step_count;
  uint32_t walk;  // the last walk that came by
  uint32_t turn;  // how many were published up to it; 0: it was there at the freeze
  ModuleState state;
  bool is_changed;      // by the program, before something else was published
  bool is_fixed;        // of a package that C code knows
  bool has_gone;        // a module of this package is gone
  bool reads_differ;    // its import would read other environment variables than at the build
  bool uses_directory;  // its import looks at the working directory, or imports one that does
  bool binds;           // the frozen parent does not know it yet
};

// All records, in the order of sys.modules at the freeze.
struct ModuleTable {
  PreparedModule* first;
  long count;
  PyObject* sys_modules;  // the interpreter's own dictionary

  PreparedModule& operator[](long index) const { return first[index]; }
  PreparedModule* begin() const { return first; }
  PreparedModule* end() const { return first + count; }
};

extern ModuleTable module_table;

// The number that changes with each modification of a dictionary.
uint64_t version_of(PyObject* dictionary);

bool is_as_expected(const PreparedModule& record);
void accept(PreparedModule& record);

// Whether a package still looks for its modules where it did.
bool path_is_as_frozen(const PreparedModule& record);

// Whether sys.modules has this module under its name.
bool in_place(const PreparedModule& record);

// Where the program of an image is frozen again: what is in sys.modules by now belongs to the new
// image, too. The table stays as it is, with what is still hidden.
void note_imported_modules();

// Fills the table from what agent/python/hidden.py describes. The dictionaries:
// `hidden`, name -> index; `fixed`, the packages that C code knows; `paths`, package -> a copy of
// its __path__.
void make_module_table(PyObject* descriptions, PyObject* hidden, PyObject* fixed, PyObject* paths);

}  // namespace pysnap::agent
