// maybe_pyc_file() and run_pyc_file() of CPython's Python/pythonrun.c.
#include "agent/compiled_script.h"

#include <string.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

PyObject* fail(const char* sentence) {
  python.PyErr_SetString(*python.PyExc_RuntimeError, sentence);
  return nullptr;
}

PyObject* read_code(FILE* file) {
  const long magic = python.PyMarshal_ReadLongFromFile(file);
  if (magic != python.PyImport_GetMagicNumber()) {
    if (python.PyErr_Occurred() != nullptr) return nullptr;
    return fail("Bad magic number in .pyc file");
  }
  for (int i = 0; i < 3; ++i) python.PyMarshal_ReadLongFromFile(file);  // flags, time, size
  if (python.PyErr_Occurred() != nullptr) return nullptr;
  PyObject* code = python.PyMarshal_ReadLastObjectFromFile(file);
  if (code != nullptr && python.PyObject_IsInstance(code, python.PyCode_Type) == 1) return code;
  return fail("Bad code object in .pyc file");
}

}  // namespace

bool is_compiled(const char* path, FILE* file) {
  const size_t length = strlen(path);
  if (length >= 4 && strcmp(path + length - 4, ".pyc") == 0) return true;
  if (ftell(file) != 0) return false;
  unsigned char bytes[2];
  const bool read = fread(bytes, 1, 2, file) == 2;
  rewind(file);
  return read && (bytes[1] << 8 | bytes[0]) == (python.PyImport_GetMagicNumber() & 0xffff);
}

PyObject* run_compiled(FILE* file, PyObject* names) {
  PyObject* code = read_code(file);
  fclose(file);
  if (code == nullptr) return nullptr;
  PyObject* result = python.PyEval_EvalCode(code, names, names);
  python.Py_DecRef(code);
  return result;
}

}  // namespace pysnap::agent
