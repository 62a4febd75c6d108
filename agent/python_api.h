// The C API of the interpreter the agent finds itself in, bound by name at run time: one agent
// serves every CPython from 3.10 on, static or with libpython, without its headers.
// Only functions of the stable or documented API are listed.
#pragma once

#include <stdio.h>
#include <stdlib.h>

namespace pysnap::agent {

struct PyObject;  // opaque: reference counts change through functions only

struct CompilerFlags {  // PyCompilerFlags, cpython/compile.h
  int cf_flags;
  int cf_feature_version;
};

struct MethodDefinition {  // PyMethodDef, methodobject.h
  const char* name;
  void* function;
  int flags;
  const char* doc;
};

inline constexpr int kMethodNone = 0x04;  // METH_NOARGS: (self, nullptr)
inline constexpr int kMethodOne = 0x08;   // METH_O: (self, argument)
inline constexpr int kMethodFast = 0x80;  // METH_FASTCALL: (self, arguments, count)

inline constexpr int kFileInput = 257;  // Py_file_input, "The Very High Level Layer"

#define PYSNAP_PYTHON_FUNCTIONS(F)                                                          \
  F(PyObject*, PyImport_AddModule, (const char*))                                           \
  F(PyObject*, PyImport_ImportModule, (const char*))                                        \
  F(PyObject*, PyImport_Import, (PyObject*))                                                \
  F(PyObject*, PyCFunction_NewEx, (MethodDefinition*, PyObject*, PyObject*))                \
  F(PyObject*, PyModule_GetDict, (PyObject*))                                               \
  F(PyObject*, PyModule_New, (const char*))                                                 \
  F(PyObject*, PyDict_GetItemString, (PyObject*, const char*))                              \
  F(int, PyDict_SetItem, (PyObject*, PyObject*, PyObject*))                                 \
  F(int, PyDict_SetItemString, (PyObject*, const char*, PyObject*))                         \
  F(int, PyDict_Next, (PyObject*, long*, PyObject**, PyObject**))                           \
  F(PyObject*, PyDict_GetItemWithError, (PyObject*, PyObject*))                             \
  F(int, PyDict_DelItemString, (PyObject*, const char*))                                    \
  F(int, PyDict_DelItem, (PyObject*, PyObject*))                                            \
  F(long, PyList_Size, (PyObject*))                                                         \
  F(PyObject*, PyList_GetItem, (PyObject*, long))                                           \
  F(PyObject*, PyWeakref_NewRef, (PyObject*, PyObject*))                                    \
  F(PyObject*, PyWeakref_GetObject, (PyObject*))                                            \
  F(long, PyGC_Collect, ())                                                                 \
  F(void, PyObject_CallFinalizer, (PyObject*))                                              \
  F(int, PyObject_GC_IsTracked, (PyObject*))                                                \
  F(void, PyObject_GC_UnTrack, (void*))                                                     \
  F(void, PyObject_GC_Track, (void*))                                                       \
  F(int, PySys_SetObject, (const char*, PyObject*))                                         \
  F(void, PyDict_Clear, (PyObject*))                                                        \
  F(PyObject*, PyDict_SetDefault, (PyObject*, PyObject*, PyObject*))                        \
  F(PyObject*, PyList_New, (long))                                                          \
  F(int, PyList_Insert, (PyObject*, long, PyObject*))                                       \
  F(int, PyList_SetSlice, (PyObject*, long, long, PyObject*))                               \
  F(void*, PyCapsule_GetPointer, (PyObject*, const char*))                                  \
  F(long, PyObject_Hash, (PyObject*))                                                       \
  F(int, PyObject_IsTrue, (PyObject*))                                                      \
  F(int, PyList_Append, (PyObject*, PyObject*))                                             \
  F(PyObject*, PyBytes_FromString, (const char*))                                           \
  F(PyObject*, PyBytes_FromStringAndSize, (const char*, long))                              \
  F(void, PyStructSequence_SetItem, (PyObject*, long, PyObject*))                           \
  F(PyObject*, PyBool_FromLong, (long))                                                     \
  F(int, PyRun_AnyFileExFlags, (FILE*, const char*, int, CompilerFlags*))                   \
  F(long, PyMarshal_ReadLongFromFile, (FILE*))                                              \
  F(PyObject*, PyMarshal_ReadLastObjectFromFile, (FILE*))                                   \
  F(PyObject*, PyImport_GetImporter, (PyObject*))                                           \
  F(long, PyImport_GetMagicNumber, ())                                                      \
  F(void, PyErr_SetString, (PyObject*, const char*))                                        \
  F(PyObject*, PyLong_FromLong, (long))                                                     \
  F(long, PyLong_AsLong, (PyObject*))                                                       \
  F(PyObject*, PyUnicode_DecodeFSDefault, (const char*))                                    \
  F(PyObject*, PyUnicode_AsUTF8String, (PyObject*))                                         \
  F(const char*, PyUnicode_AsUTF8AndSize, (PyObject*, long*))                               \
  F(char*, PyBytes_AsString, (PyObject*))                                                   \
  F(long, PyBytes_Size, (PyObject*))                                                        \
  F(PyObject*, PyObject_CallFunctionObjArgs, (PyObject*, ...))                              \
  F(int, PyObject_SetAttr, (PyObject*, PyObject*, PyObject*))                               \
  F(PyObject*, PyObject_GetAttrString, (PyObject*, const char*))                            \
  F(PyObject*, PyEval_GetBuiltins, ())                                                      \
  F(PyObject*, PyEval_EvalCode, (PyObject*, PyObject*, PyObject*))                          \
  F(PyObject*, Py_CompileStringFlags, (const char*, const char*, int, CompilerFlags*))      \
  F(PyObject*, Py_CompileString, (const char*, const char*, int))                           \
  F(PyObject*, PyRun_StringFlags, (const char*, int, PyObject*, PyObject*, CompilerFlags*)) \
  F(PyObject*, PyRun_FileExFlags,                                                           \
    (FILE*, const char*, int, PyObject*, PyObject*, int, CompilerFlags*))                   \
  F(PyObject*, PyTuple_GetItem, (PyObject*, long))                                          \
  F(long, PyTuple_Size, (PyObject*))                                                        \
  F(PyObject*, PyUnicode_EncodeFSDefault, (PyObject*))                                      \
  F(void, PySys_WriteStderr, (const char*, ...))                                            \
  F(PyObject*, PySys_GetObject, (const char*))                                              \
  F(int, PySys_Audit, (const char*, const char*, ...))                                      \
  F(void, PyErr_Print, ())                                                                  \
  F(PyObject*, PyErr_Occurred, ())                                                          \
  F(int, PyObject_IsInstance, (PyObject*, PyObject*))                                       \
  F(int, PyObject_RichCompareBool, (PyObject*, PyObject*, int))                             \
  F(int, PyErr_CheckSignals, ())                                                            \
  F(void, PyErr_Clear, ())                                                                  \
  F(int, PyErr_ExceptionMatches, (PyObject*))                                               \
  F(void, PyErr_Fetch, (PyObject**, PyObject**, PyObject**))                                \
  F(void, PyErr_Restore, (PyObject*, PyObject*, PyObject*))                                 \
  F(void, PyErr_NormalizeException, (PyObject**, PyObject**, PyObject**))                   \
  F(void, PyErr_SetObject, (PyObject*, PyObject*))                                          \
  F(int, PyException_SetTraceback, (PyObject*, PyObject*))                                  \
  F(void, PyErr_WriteUnraisable, (PyObject*))                                               \
  F(PyObject*, PyDict_New, ())                                                              \
  F(long, PyDict_Size, (PyObject*))                                                         \
  F(void*, PyInterpreterState_Get, ())                                                      \
  F(void*, PyThreadState_Get, ())                                                           \
  F(void*, PyInterpreterState_Head, ())                                                     \
  F(void*, PyInterpreterState_Next, (void*))                                                \
  F(void*, PyInterpreterState_ThreadHead, (void*))                                          \
  F(void*, PyThreadState_New, (void*))                                                      \
  F(void*, PyThreadState_Swap, (void*))                                                     \
  F(void, PyThreadState_Clear, (void*))                                                     \
  F(void, PyThreadState_Delete, (void*))                                                    \
  F(void, Py_EndInterpreter, (void*))                                                       \
  F(void, PyOS_BeforeFork, ())                                                              \
  F(void, PyOS_AfterFork_Child, ())                                                         \
  F(void, Py_IncRef, (PyObject*))                                                           \
  F(void, Py_DecRef, (PyObject*))                                                           \
  F(wchar_t*, Py_DecodeLocale, (const char*, size_t*))                                      \
  F(void*, PyObject_Malloc, (size_t))                                                       \
  F(void, PyObject_Free, (void*))                                                           \
  F(void*, PyMem_RawMalloc, (size_t))                                                       \
  F(void, PyMem_RawFree, (void*))                                                           \
  F(int, Py_FinalizeEx, ())                                                                 \
  F(const char*, Py_GetVersion, ())

struct PythonApi {
#define PYSNAP_MEMBER(result, name, parameters) result(*name) parameters;
  PYSNAP_PYTHON_FUNCTIONS(PYSNAP_MEMBER)
#undef PYSNAP_MEMBER
  PyObject* none() const { return _Py_NoneStruct; }
  PyObject* _Py_NoneStruct;  // Py_None
  PyObject* PyCode_Type;
  PyObject** PyExc_SystemExit;
  PyObject** PyExc_RuntimeError;
  PyObject** PyExc_UnicodeEncodeError;
  PyObject** PyExc_KeyboardInterrupt;

  // N of Python 3.N.
  int minor_version() const { return atoi(Py_GetVersion() + sizeof "3." - 1); }

  // Binds every name; returns the first one that is missing, or nullptr.
  const char* bind();
};

extern PythonApi python;

}  // namespace pysnap::agent
