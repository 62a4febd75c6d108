#include "agent/environment_reads.h"

#include "agent/agent.h"
#include "agent/prepared_modules.h"

namespace pysnap::agent {
namespace {

constexpr long kAbsent = -1;  // no object has this hash

PyObject* environment = nullptr;
PyObject* variables = nullptr;
uint64_t seen_version = 0;
bool was_unchanged = true;

long hash_now(PyObject* name) {
  PyObject* value = python.PyDict_GetItemWithError(environment, name);
  return value == nullptr ? kAbsent : python.PyObject_Hash(value);
}

bool differs(PyObject* variable) {
  const long expected = python.PyLong_AsLong(python.PyTuple_GetItem(variable, 1));
  return hash_now(python.PyTuple_GetItem(variable, 0)) != expected;
}

void mark_readers(PyObject* variable) {
  for (long i = 2; i < python.PyTuple_Size(variable); ++i)
    module_table[python.PyLong_AsLong(python.PyTuple_GetItem(variable, i))].reads_differ = true;
}

}  // namespace

void watch_variables(PyObject* dictionary, PyObject* names) {
  environment = dictionary;
  variables = names;
}

bool variables_are_unchanged() {
  const uint64_t version = version_of(environment);
  if (version == seen_version) return was_unchanged;
  seen_version = version;
  if (!was_unchanged) {
    for (PreparedModule& record : module_table) record.reads_differ = false;
  }
  was_unchanged = true;
  for (long i = 0; i < python.PyTuple_Size(variables); ++i) {
    PyObject* variable = python.PyTuple_GetItem(variables, i);
    if (!differs(variable)) continue;
    mark_readers(variable);
    was_unchanged = false;
  }
  return was_unchanged;
}

}  // namespace pysnap::agent
