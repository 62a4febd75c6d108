// Prepared modules appear when the program imports them.
//
// Invariant: a hidden module enters sys.modules only through publish(), after everything that its
// import imports and in the same order, with its effects on shared state; and only if plain Python
// would import the same file with the same modules underneath. Where that is not certain the
// interpreter's own _find_and_load() imports it afresh.
//
// The interpreter calls _find_and_load() of importlib._bootstrap for every name that is not in
// sys.modules (import_find_and_load() of Python/import.c; import_module() through _gcd_import()).
// A function of C stands in its place: it has no frame, so tracebacks stay as they are.
//
// In C and by index, because a launch pays for each page it writes: an import that nothing speaks
// against looks at one table and inserts into sys.modules.
#include "agent/publish.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/environment_reads.h"
#include "agent/prepared_modules.h"
#include "agent/search_path.h"
#include "agent/tracing.h"
#include "agent/working_directory.h"

namespace pysnap::agent {
namespace {

uint32_t walk_count = 0;
uint32_t published_count = 0;
PyObject* indices = nullptr;   // name -> index of hidden modules
PyObject* original = nullptr;  // the interpreter's _find_and_load
PyObject* builtin_import = nullptr;
PyObject* builtin_names = nullptr;
PyObject* frozen_names = nullptr;  // module name -> its names at the freeze
PyObject* sys_names = nullptr;
PyObject* own_sys_names = nullptr;
bool explains = false;         // --explain was given
uint64_t modules_version = 0;  // sys.modules, when every published module was in its place

bool is_hidden(const PreparedModule& record) { return record.state == ModuleState::kHidden; }

// Whether `fits` is true of this module and of all that its import imports, as far as that is
// hidden.
bool all_fit(long index, bool (*fits)(const PreparedModule&)) {
  PreparedModule& record = module_table[index];
  if (record.walk == walk_count) return true;
  record.walk = walk_count;
  if (!fits(record)) return false;
  if (!is_hidden(record)) return true;
  if (record.parent >= 0 && !all_fit(record.parent, fits)) return false;
  for (uint32_t i = 0; i < record.step_count; ++i) {
    if (record.steps[i].index >= 0 && !all_fit(record.steps[i].index, fits)) return false;
  }
  return true;
}

// Whether what the import of this module imports is there, or hidden and not replaced by the
// program.
bool foundation_stands(long index) {
  ++walk_count;
  return all_fit(index, [](const PreparedModule& record) {
    switch (record.state) {
      case ModuleState::kPublished:
        return in_place(record);
      case ModuleState::kPublishing:
        return true;
      case ModuleState::kGone:
        return false;
      case ModuleState::kHidden:
        break;
    }
    return python.PyDict_GetItemWithError(module_table.sys_modules, record.name) == nullptr;
  });
}

bool environment_stands(long index) {
  if (variables_are_unchanged()) return true;
  ++walk_count;
  return all_fit(index, [](const PreparedModule& record) {
    return !is_hidden(record) || !record.reads_differ;
  });
}

// sys has names that are the program's affair: sys.stdout and its like.
bool only_own_names_changed(const PreparedModule& record) {
  PyObject* frozen = record.names == sys_names ? names_at_freeze(record) : nullptr;
  if (frozen == nullptr) return false;
  long position = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(record.names, &position, &key, &value) != 0) {
    PyObject* before = python.PyDict_GetItemWithError(frozen, key);
    if (before != nullptr && before != value &&
        python.PyDict_GetItemWithError(own_sys_names, key) == nullptr)
      return false;
  }
  return true;
}

bool nothing_changed() {
  if (python.PyDict_GetItemString(builtin_names, "__import__") != builtin_import) return false;
  for (PreparedModule& record : module_table) {
    if (record.state != ModuleState::kPublished) continue;
    if (!path_is_as_frozen(record)) return false;
    if (is_as_expected(record)) continue;
    if (!only_own_names_changed(record)) return false;
    accept(record);
  }
  return true;
}

// While the agent's Python code runs: a handler of the program, or its KeyboardInterrupt, comes
// after it, and shows no frame of ours.
class BlockedSignals {
 public:
  BlockedSignals() { block(); }
  ~BlockedSignals() { allow(); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  // As they were, while the program's own code runs.
  void allow() const { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  void block() {
    sigset_t wanted;
    sigfillset(&wanted);
    constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    for (const int fault : kFaults) sigdelset(&wanted, fault);
    pthread_sigmask(SIG_BLOCK, &wanted, &before_);
  }

 private:
  sigset_t before_;
};

enum class Verdict : long {
  kNo,     // imported afresh
  kYes,    // handed out
  kFixed,  // of a package that C code knows, which exists once in a process: handed out, but
           // nothing outside of the package, as the foundation has changed
};

// The agent's work during an import: no signal handler comes between, no trace function sees it.
struct Seclusion {
  BlockedSignals signals;
  Untraced untraced;
};

// One import of the program that is answered with frozen modules.
struct Publication {
  Verdict verdict;
  Seclusion& seclusion;
  bool applied_effects;
};

bool publish(PreparedModule& record, Publication& publication);

// What a module of another package needs is imported as the program would: each is judged by
// itself.
bool import_needed(const PreparedModule& needed, Seclusion& seclusion) {
  if (python.PyDict_GetItemWithError(module_table.sys_modules, needed.name) != nullptr) return true;
  seclusion.untraced.show();
  seclusion.signals.allow();
  PyObject* module = python.PyImport_Import(needed.name);
  seclusion.signals.block();
  seclusion.untraced.hide();
  if (module == nullptr && python.PyErr_ExceptionMatches(*python.PyExc_KeyboardInterrupt) != 0)
    return false;
  if (module == nullptr) python.PyErr_Clear();  // the frozen module has what it needs
  python.Py_DecRef(module);
  return true;
}

bool make_step(const PreparedModule& record, const ImportStep& step, Publication& publication) {
  if (step.index < 0) {
    publication.applied_effects = true;
    PyObject* result = call(agent_names, "apply_step", step.effect);
    python.Py_DecRef(result);
    return result != nullptr;
  }
  PreparedModule& needed = module_table[step.index];
  if (publication.verdict == Verdict::kFixed && needed.package != record.package)
    return import_needed(needed, publication.seclusion);
  return !is_hidden(needed) || publish(needed, publication);
}

bool make_steps(const PreparedModule& record, Publication& publication) {
  for (uint32_t i = 0; i < record.step_count; ++i) {
    if (!make_step(record, record.steps[i], publication)) return false;
  }
  return true;
}

// As the end of _find_and_load_unlocked(): the module stands last in sys.modules, then its parent
// knows it.
bool insert(PreparedModule& record) {
  if (python.PyDict_SetItem(module_table.sys_modules, record.name, record.module) != 0)
    return false;
  record.state = ModuleState::kPublished;
  record.turn = ++published_count;
  if (record.parent < 0) return true;
  PreparedModule& parent = module_table[record.parent];
  if (in_place(parent)) {
    if (!record.binds || parent.names == nullptr) return true;
    const bool expected = is_as_expected(parent);
    if (python.PyDict_SetItem(parent.names, record.child, record.module) != 0) return false;
    if (expected) accept(parent);
    return true;
  }
  PyObject* other = python.PyDict_GetItemWithError(module_table.sys_modules, parent.name);
  if (other != nullptr && python.PyObject_SetAttr(other, record.child, record.module) != 0)
    python.PyErr_Clear();  // the import system warns, and goes on
  return true;
}

bool publish(PreparedModule& record, Publication& publication) {
  if (record.parent >= 0 && is_hidden(module_table[record.parent]) &&
      !publish(module_table[record.parent], publication))
    return false;
  if (!is_hidden(record)) return true;  // its parent imports it
  record.state = ModuleState::kPublishing;
  if (!make_steps(record, publication) || !insert(record)) {
    record.state = ModuleState::kHidden;
    return false;
  }
  if (publication.verdict == Verdict::kFixed) {
    python.Py_DecRef(call(agent_names, "rebind", record.module));
    python.PyErr_Clear();
  }
  return true;
}

// Whoever watches the program wants to see modules execute; those that exist once do not.
bool must_execute(const PreparedModule& record) {
  if (record.is_fixed || !is_traced()) return false;
  if (explains)
    dprintf(STDERR_FILENO,
            "pysnap-run: %s is imported afresh: a trace or profile function is set\n",
            python.PyUnicode_AsUTF8AndSize(record.name, nullptr));
  return true;
}

Verdict judge(long index) {
  if (must_execute(module_table[index])) return Verdict::kNo;
  const bool stands =
      !module_table[module_table[index].package].has_gone &&
      (version_of(module_table.sys_modules) == modules_version || foundation_stands(index));
  if (stands && nothing_changed() && search_is_unchanged() && environment_stands(index) &&
      directory_stands(module_table[index]))
    return Verdict::kYes;
  PyObject* verdict =
      call(agent_names, "judge", python.PyLong_FromLong(index), python.PyLong_FromLong(stands));
  if (verdict == nullptr) {
    python.PyErr_Clear();
    return Verdict::kNo;
  }
  const long answer = python.PyLong_AsLong(verdict);
  python.Py_DecRef(verdict);
  return static_cast<Verdict>(answer);
}

PyObject* import_afresh(PyObject* name, PyObject* import) {
  return python.PyObject_CallFunctionObjArgs(original, name, import, nullptr);
}

PyObject* hand_out(PreparedModule& record, Publication publication) {
  note_changed_names();
  const bool finders_expected = finders_are_expected();
  if (!publish(record, publication)) return nullptr;
  const bool all_in_place = publication.verdict == Verdict::kYes;
  if (publication.applied_effects || !all_in_place) {
    // What the effects have changed is what is expected from here on.
    expect_present_names();
    if (finders_expected) expect_finders();
  }
  if (all_in_place) modules_version = version_of(module_table.sys_modules);
  python.Py_IncRef(record.module);
  return record.module;
}

long hidden_index(PyObject* name) {
  PyObject* index = indices == nullptr ? nullptr : python.PyDict_GetItemWithError(indices, name);
  return index == nullptr ? -1 : python.PyLong_AsLong(index);
}

// Stands in for importlib._bootstrap._find_and_load(name, import_).
PyObject* find_and_load(PyObject*, PyObject* const* arguments, long count) {
  if (count != 2) return import_afresh(arguments[0], count > 1 ? arguments[1] : nullptr);
  PyObject* name = arguments[0];
  const long index = hidden_index(name);
  if (index < 0) return import_afresh(name, arguments[1]);
  PreparedModule& record = module_table[index];
  if (record.state == ModuleState::kPublishing) {
    python.Py_IncRef(record.module);
    return record.module;
  }
  if (!is_hidden(record) ||
      python.PyDict_GetItemWithError(module_table.sys_modules, name) != nullptr)
    return import_afresh(name, arguments[1]);
  {
    Seclusion seclusion;
    if (python.PyErr_CheckSignals() != 0) return nullptr;  // one that came before
    const Verdict verdict = judge(index);
    if (verdict != Verdict::kNo) return hand_out(record, {verdict, seclusion, false});
  }
  PyObject* module = import_afresh(name, arguments[1]);
  if (module != nullptr) {
    // The frozen modules of a package know each other's objects; half a package is none.
    record.state = ModuleState::kGone;
    module_table[record.package].has_gone = true;
  }
  return module;
}

MethodDefinition find_and_load_definition = {
    "_find_and_load", reinterpret_cast<void*>(&find_and_load), kMethodFast, nullptr};

void take_place_of_find_and_load() {
  PyObject* bootstrap = python.PyDict_GetItemString(module_table.sys_modules, "_frozen_importlib");
  PyObject* names = python.PyModule_GetDict(bootstrap);
  original = python.PyDict_GetItemString(names, "_find_and_load");
  python.Py_IncRef(original);
  python.PyDict_SetItemString(
      names, "_find_and_load",
      python.PyCFunction_NewEx(&find_and_load_definition, nullptr, nullptr));
}

}  // namespace

void explain_publishing() {
  explains = true;
  python.Py_DecRef(call(agent_names, "explain_verdicts"));
}

PyObject* names_at_freeze(const PreparedModule& record) {
  return python.PyDict_GetItemWithError(frozen_names, record.name);
}

void note_changed_names() {
  for (PreparedModule& record : module_table) {
    if (record.state == ModuleState::kPublished && !is_as_expected(record))
      record.is_changed = true;
  }
}

void expect_present_names() {
  for (PreparedModule& record : module_table) {
    if (record.state == ModuleState::kPublished && !record.is_changed) accept(record);
  }
}

void end_publishing() {
  PyObject* bootstrap = python.PyDict_GetItemString(module_table.sys_modules, "_frozen_importlib");
  if (bootstrap != nullptr)
    python.PyDict_SetItemString(python.PyModule_GetDict(bootstrap), "_find_and_load", original);
  for (const PreparedModule& record : module_table) {
    if (record.state == ModuleState::kPublished) continue;
    python.Py_IncRef(record.module);
    if (record.names != nullptr) python.Py_IncRef(record.names);
  }
  indices = nullptr;
  module_table.count = 0;
}

void hide_prepared_modules() {
  if (indices != nullptr) return note_imported_modules();  // an earlier freeze has hidden them
  module_table.sys_modules = python.PySys_GetObject("modules");
  take_place_of_find_and_load();  // first: it changes names that are noted next
  PyObject* hidden = call(agent_names, "freeze_surroundings");
  if (hidden == nullptr) {
    python.PyErr_Print();
    give_up("the prepared modules cannot be hidden");
  }
  PyObject* descriptions = python.PyDict_GetItemString(hidden, "records");
  PyObject* hidden_names = python.PyDict_GetItemString(hidden, "indices");
  builtin_names = python.PyEval_GetBuiltins();
  frozen_names = python.PyDict_GetItemString(hidden, "names");
  own_sys_names = python.PyDict_GetItemString(hidden, "own_sys_names");
  sys_names = python.PyModule_GetDict(python.PyDict_GetItemString(module_table.sys_modules, "sys"));
  builtin_import = python.PyDict_GetItemString(builtin_names, "__import__");
  make_module_table(descriptions, hidden_names, python.PyDict_GetItemString(hidden, "fixed"),
                    python.PyDict_GetItemString(hidden, "package_paths"));
  find_tracing();
  watch_search_path(python.PyDict_GetItemString(hidden, "interesting"));
  watch_variables(python.PyDict_GetItemString(hidden, "environment"),
                  python.PyDict_GetItemString(hidden, "variables"));
  watch_directory(python.PyDict_GetItemString(hidden, "directory"),
                  python.PyDict_GetItemString(hidden, "directory_users"));
  modules_version = version_of(module_table.sys_modules);
  indices = hidden_names;
}

}  // namespace pysnap::agent
