#include "agent/working_directory.h"

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/prepared_modules.h"
#include "format/agent_contract.h"

namespace pysnap::agent {
namespace {

volatile format::DirectoryCounters counters = {};  // written by the builder
const char* directory_of_build = nullptr;

}  // namespace

// The kernel refuses a question without room for the answer; the builder, which hears it before
// the kernel, takes the address for that of the counters (launcher/access_record.cpp).
PyObject* count_directory_uses(PyObject*, PyObject*) {
  syscall(SYS_getcwd, &counters, 0);
  python.Py_IncRef(python.none());
  return python.none();
}

PyObject* directory_uses(PyObject*, PyObject*) {
  return python.PyLong_FromLong(static_cast<long>(counters.uses));
}

PyObject* directory_answers(PyObject*, PyObject*) {
  return python.PyLong_FromLong(static_cast<long>(counters.answers));
}

void watch_directory(PyObject* directory, PyObject* users) {
  if (directory == python.none()) return;
  directory_of_build = python.PyBytes_AsString(directory);
  long position = 0;
  PyObject *index, *value;
  while (python.PyDict_Next(users, &position, &index, &value) != 0)
    module_table[python.PyLong_AsLong(index)].uses_directory = true;
}

bool directory_stands(const PreparedModule& record) {
  if (!record.uses_directory) return true;
  char now[PATH_MAX];
  return syscall(SYS_getcwd, now, sizeof now) > 0 && strcmp(now, directory_of_build) == 0;
}

}  // namespace pysnap::agent
