#include "agent/prepared_modules.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/publish.h"
#include "agent/search_path.h"
#include "agent/working_directory.h"

namespace pysnap::agent {

ModuleTable module_table = {};

// PyDictObject carries a number that changes with each modification, third behind the object's
// header, in all of 3.10 to 3.13 (PEP 509); agent/python/hidden.py checks that it does.
uint64_t version_of(PyObject* dictionary) {
  constexpr size_t kVersionOffset = 24;
  uint64_t version;
  memcpy(&version, reinterpret_cast<const char*>(dictionary) + kVersionOffset, sizeof version);
  return version;
}

bool is_as_expected(const PreparedModule& record) {
  return record.names == nullptr || version_of(record.names) == record.version;
}

void accept(PreparedModule& record) {
  if (record.names != nullptr && version_of(record.names) != record.version)
    record.version = version_of(record.names);
}

bool path_is_as_frozen(const PreparedModule& record) {
  return record.path == nullptr || ends_at(record.path, record.frozen_path, 0);
}

bool in_place(const PreparedModule& record) {
  return python.PyDict_GetItemWithError(module_table.sys_modules, record.name) == record.module;
}

namespace {

PyObject** sorted_modules = nullptr;
uint32_t sorted_count = 0;

constexpr uint32_t kPointerSize = sizeof(PyObject*);

void* room(uint32_t count, uint32_t size) {
  void* memory = calloc(count, size);
  if (memory == nullptr) give_up("out of memory while the modules were hidden");
  return memory;
}

int compare_addresses(const void* one, const void* other) {
  const PyObject* a = *static_cast<PyObject* const*>(one);
  const PyObject* b = *static_cast<PyObject* const*>(other);
  return a < b ? -1 : a > b;
}

// Makes room for those of the table and so many more.
void list_modules(long more) {
  const auto count = static_cast<uint32_t>(module_table.count + more);
  sorted_modules = static_cast<PyObject**>(room(count, kPointerSize));
  sorted_count = 0;
  for (const PreparedModule& record : module_table) sorted_modules[sorted_count++] = record.module;
}

void sort_modules() { qsort(sorted_modules, sorted_count, kPointerSize, compare_addresses); }

// Publishing counts a reference to each name. The names of all modules lie on as many pages as
// there are modules; copies side by side lie on a few. An ASCII string is one block without
// pointers into itself (PyASCIIObject, PEP 393). `size` is what sys.getsizeof() says, without the
// interned marks a fresh string lacks; 0: not such a string.
PyObject* packed_name(PyObject* name, size_t size) {
  constexpr uint32_t kBlock = 64 * 1024;
  static char* place = nullptr;
  static size_t left = 0;
  if (size == 0 || size > kBlock) return name;
  const size_t step = (size + 15) / 16 * 16;
  if (step > left) {
    place = static_cast<char*>(room(1, kBlock));
    left = kBlock;
  }
  PyObject* bytes = python.PyUnicode_AsUTF8String(name);
  PyObject* fresh = python.PyUnicode_DecodeFSDefault(python.PyBytes_AsString(bytes));
  python.Py_DecRef(bytes);
  python.PyObject_Hash(fresh);  // kept in the string, and copied with it
  memcpy(place, fresh, size);
  python.Py_DecRef(fresh);
  auto* copy = reinterpret_cast<PyObject*>(place);
  place += step;
  left -= step;
  return copy;
}

// `steps`: where its steps go; afterwards where the next module's go.
void fill(PreparedModule& record, PyObject* description, PyObject* hidden, ImportStep*& steps) {
  const auto item = [description](long i) { return python.PyTuple_GetItem(description, i); };
  const bool is_hidden = python.PyDict_GetItemWithError(hidden, item(0)) != nullptr;
  record.name = is_hidden ? packed_name(item(0), static_cast<size_t>(python.PyLong_AsLong(item(7))))
                          : item(0);
  record.module = item(1) != python.none()
                      ? item(1)
                      : python.PyDict_GetItemString(python.PySys_GetObject("modules"), "__main__");
  record.names = item(2) == python.none() ? nullptr : item(2);
  record.parent = python.PyLong_AsLong(item(3));
  record.child = item(4);
  record.binds = python.PyObject_IsTrue(item(6)) == 1;
  record.state = is_hidden ? ModuleState::kHidden : ModuleState::kPublished;
  record.steps = steps;
  PyObject* plan = item(5);
  record.step_count = static_cast<uint32_t>(python.PyTuple_Size(plan));
  for (uint32_t i = 0; i < record.step_count; ++i, ++steps) {
    PyObject* step = python.PyTuple_GetItem(plan, i);
    *steps = {python.PyLong_AsLong(step), nullptr};
    if (steps->index >= 0) continue;
    python.PyErr_Clear();  // not a number: an effect
    steps->effect = step;
  }
  accept(record);
  record.frozen_version = record.version;
}

// A path of another type follows sys.path by itself.
void note_path(PreparedModule& record, PyObject* paths) {
  record.frozen_path = python.PyDict_GetItemWithError(paths, record.name);
  if (record.frozen_path == nullptr) return;
  PyObject* path = python.PyDict_GetItemString(record.names, "__path__");
  if (ends_at(path, record.frozen_path, 0)) record.path = path;
}

// The functions that agent/python needs from here.
PyObject* dict_version(PyObject*, PyObject* dictionary) {
  return python.PyLong_FromLong(static_cast<long>(version_of(dictionary)));
}

PyObject* is_hidden(PyObject*, PyObject* index) {
  const PreparedModule& record = module_table[python.PyLong_AsLong(index)];
  return python.PyLong_FromLong(record.state == ModuleState::kHidden);
}

PyObject* accept_record(PyObject*, PyObject* index) {
  PreparedModule& record = module_table[python.PyLong_AsLong(index)];
  record.is_changed = false;
  accept(record);
  python.Py_IncRef(python.none());
  return python.none();
}

void append_number(PyObject* list, long number) {
  PyObject* object = python.PyLong_FromLong(number);
  python.PyList_Append(list, object);
  python.Py_DecRef(object);
}

PyObject* changed_records(PyObject*, PyObject*) {
  PyObject* list = python.PyList_New(0);
  for (long i = 0; i < module_table.count; ++i) {
    if (module_table[i].state == ModuleState::kPublished && !is_as_expected(module_table[i]))
      append_number(list, i);
  }
  return list;
}

// A number that is another one when a dictionary, list or set has changed. A list is known by its
// length and its first and last items, a set by the places it has used up (PySetObject).
uint64_t fingerprint(PyObject* container, PyObject* any_list) {
  constexpr long kTypeWord = 1, kFillWord = 2, kUsedWord = 3;
  const auto word_of = [](PyObject* object, long word) {
    uint64_t value;
    memcpy(&value, reinterpret_cast<const char*>(object) + word * 8, sizeof value);
    return value;
  };
  const auto type_of = [word_of](PyObject* object) { return word_of(object, kTypeWord); };
  if (type_of(container) == type_of(python.PyEval_GetBuiltins())) return version_of(container);
  if (type_of(container) != type_of(any_list))
    return word_of(container, kFillWord) * 31 + word_of(container, kUsedWord) + 1;
  const long size = python.PyList_Size(container);
  auto number = static_cast<uint64_t>(size) + 1;
  constexpr long kEnds = 8;
  for (long i = 0; i < size; i = i == kEnds && size > 2 * kEnds ? size - kEnds : i + 1)
    number = number * 31 + reinterpret_cast<uint64_t>(python.PyList_GetItem(container, i));
  return number;
}

// Of the containers that are watched; numbers made of addresses, which no image needs.
struct Fingerprints {
  uint64_t* numbers;
  long known;
  long room;
} fingerprints;

void make_room_for_fingerprints(long count) {
  if (count <= fingerprints.room) return;
  const long room = 2 * count;
  auto* numbers =
      static_cast<uint64_t*>(python.PyMem_RawMalloc(static_cast<size_t>(room) * sizeof(uint64_t)));
  if (numbers == nullptr) give_up("out of memory while imports were recorded");
  for (long i = 0; i < fingerprints.known; ++i) numbers[i] = fingerprints.numbers[i];
  python.PyMem_RawFree(fingerprints.numbers);
  fingerprints.numbers = numbers;
  fingerprints.room = room;
}

// Positions of the containers in a growing list that have changed since the last call; those that
// are new in it count. Before the freeze only.
PyObject* changed_containers(PyObject*, PyObject* containers) {
  const long count = python.PyList_Size(containers);
  make_room_for_fingerprints(count);
  for (long& known = fingerprints.known; known < count; ++known) fingerprints.numbers[known] = 0;
  PyObject* changed = python.PyList_New(0);
  for (long i = 0; i < count; ++i) {
    const uint64_t now = fingerprint(python.PyList_GetItem(containers, i), containers);
    if (now == fingerprints.numbers[i]) continue;
    fingerprints.numbers[i] = now;
    append_number(changed, i);
  }
  return changed;
}

// As run_at_forkers() of Modules/posixmodule.c: an error is reported and ends nothing.
PyObject* call_hook(PyObject*, PyObject* hook) {
  PyObject* result = python.PyObject_CallFunctionObjArgs(hook, nullptr);
  if (result == nullptr) python.PyErr_WriteUnraisable(hook);
  python.Py_DecRef(result);
  python.Py_IncRef(python.none());
  return python.none();
}

PyObject* finders_are_expected(PyObject*, PyObject*) {
  return python.PyBool_FromLong(agent::finders_are_expected());
}

PyObject* expect_finders(PyObject*, PyObject*) {
  agent::expect_finders();
  python.Py_IncRef(python.none());
  return python.none();
}

template <typename Function>
MethodDefinition definition(const char* name, Function function, int flags) {
  return {name, reinterpret_cast<void*>(function), flags, nullptr};
}

MethodDefinition helpers[] = {
    definition("dict_version", dict_version, kMethodOne),
    definition("is_hidden", is_hidden, kMethodOne),
    definition("accept_record", accept_record, kMethodOne),
    definition("changed_records", changed_records, kMethodNone),
    definition("call_hook", call_hook, kMethodOne),
    definition("changed_containers", changed_containers, kMethodOne),
    definition("finders_are_expected", finders_are_expected, kMethodNone),
    definition("expect_finders", expect_finders, kMethodNone),
    definition("watch_native_imports", watch_native_imports, kMethodOne),
    definition("count_directory_uses", count_directory_uses, kMethodNone),
    definition("directory_uses", directory_uses, kMethodNone),
    definition("directory_answers", directory_answers, kMethodNone),
};

}  // namespace

void add_publish_helpers(PyObject* names) {
  for (MethodDefinition& helper : helpers)
    python.PyDict_SetItemString(names, helper.name,
                                python.PyCFunction_NewEx(&helper, nullptr, nullptr));
}

void make_module_table(PyObject* descriptions, PyObject* hidden, PyObject* fixed, PyObject* paths) {
  python.PyMem_RawFree(fingerprints.numbers);
  fingerprints = {};
  module_table.count = python.PyTuple_Size(descriptions);
  module_table.first = static_cast<PreparedModule*>(
      room(static_cast<uint32_t>(module_table.count) + 1, sizeof(PreparedModule)));
  uint32_t step_count = 1;
  for (long i = 0; i < module_table.count; ++i) {
    PyObject* plan = python.PyTuple_GetItem(python.PyTuple_GetItem(descriptions, i), 5);
    step_count += static_cast<uint32_t>(python.PyTuple_Size(plan));
  }
  // In one piece: publishing reads them all.
  auto* steps = static_cast<ImportStep*>(room(step_count, sizeof(ImportStep)));
  for (long i = 0; i < module_table.count; ++i)
    fill(module_table[i], python.PyTuple_GetItem(descriptions, i), hidden, steps);
  for (PreparedModule& record : module_table) note_path(record, paths);
  for (long i = 0; i < module_table.count; ++i) {
    long top = i;
    while (module_table[top].parent >= 0) top = module_table[top].parent;
    module_table[i].package = top;
    module_table[i].is_fixed =
        python.PyDict_GetItemWithError(fixed, module_table[top].name) != nullptr;
  }
  list_modules(0);
  sort_modules();
}

void note_imported_modules() {
  for (PreparedModule& record : module_table) {
    if (record.state == ModuleState::kPublished && record.names != nullptr)
      record.frozen_version = version_of(record.names);
  }
  PyObject* modules = module_table.sys_modules;
  list_modules(python.PyDict_Size(modules));
  long position = 0;
  PyObject *key, *value;
  while (python.PyDict_Next(modules, &position, &key, &value) != 0)
    sorted_modules[sorted_count++] = value;
  sort_modules();
}

bool belongs_to_image(PyObject* module) {
  return bsearch(&module, sorted_modules, sorted_count, sizeof(PyObject*), compare_addresses) !=
         nullptr;
}

}  // namespace pysnap::agent
