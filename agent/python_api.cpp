#include "agent/python_api.h"

#include <dlfcn.h>

namespace pysnap::agent {

PythonApi python;

const char* PythonApi::bind() {
#define PYSNAP_BIND(result, name, parameters)                                \
  name = reinterpret_cast<result(*) parameters>(dlsym(RTLD_DEFAULT, #name)); \
  if (name == nullptr) return #name;
  PYSNAP_PYTHON_FUNCTIONS(PYSNAP_BIND)
#undef PYSNAP_BIND
  PyExc_SystemExit = static_cast<PyObject**>(dlsym(RTLD_DEFAULT, "PyExc_SystemExit"));
  PyExc_KeyboardInterrupt = static_cast<PyObject**>(dlsym(RTLD_DEFAULT, "PyExc_KeyboardInterrupt"));
  PyExc_RuntimeError = static_cast<PyObject**>(dlsym(RTLD_DEFAULT, "PyExc_RuntimeError"));
  PyExc_UnicodeEncodeError =
      static_cast<PyObject**>(dlsym(RTLD_DEFAULT, "PyExc_UnicodeEncodeError"));
  PyCode_Type = static_cast<PyObject*>(dlsym(RTLD_DEFAULT, "PyCode_Type"));
  _Py_NoneStruct = static_cast<PyObject*>(dlsym(RTLD_DEFAULT, "_Py_NoneStruct"));
  if (_Py_NoneStruct == nullptr) return "_Py_NoneStruct";
  if (PyCode_Type == nullptr) return "PyCode_Type";
  if (PyExc_UnicodeEncodeError == nullptr) return "PyExc_UnicodeEncodeError";
  if (PyExc_RuntimeError == nullptr) return "PyExc_RuntimeError";
  if (PyExc_SystemExit == nullptr) return "PyExc_SystemExit";
  return PyExc_KeyboardInterrupt == nullptr ? "PyExc_KeyboardInterrupt" : nullptr;
}

}  // namespace pysnap::agent
