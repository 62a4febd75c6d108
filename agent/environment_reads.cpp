#include "agent/environment_reads.h"

#include "agent/agent.h"
#include "agent/prepared_modules.h"

namespace pysnap::agent {
namespace {

constexpr long kAbsent = -1;  // no object has this hash

PyObject* environment = nullptr;
PyObject* variables = nullptr;
uint64_t seen_version = 0;
bool was_unchanged = false;

long hash_now(PyObject* name) {
  PyObject* value = python.PyDict_GetItemWithError(environment, name);
  return value == nullptr ? kAbsent : python.PyObject_Hash(value);
}

bool all_equal() {
  for (long i = 0; i < python.PyTuple_Size(variables); ++i) {
    PyObject* variable = python.PyTuple_GetItem(variables, i);
    const long expected = python.PyLong_AsLong(python.PyTuple_GetItem(variable, 1));
    if (hash_now(python.PyTuple_GetItem(variable, 0)) != expected) return false;
  }
  return true;
}

}  // namespace

void watch_variables(PyObject* dictionary, PyObject* names) {
  environment = dictionary;
  variables = names;
}

bool variables_are_unchanged() {
  const uint64_t version = version_of(environment);
  if (version == seen_version) return was_unchanged;
  was_unchanged = all_equal();
  seen_version = version;
  return was_unchanged;
}

}  // namespace pysnap::agent
