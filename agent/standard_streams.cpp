// How the descriptors 0, 1 and 2 of a launch differ from the pipes the streams were frozen with.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// The numbers are those of agent/python/streams.py.
enum StreamKind : long { kAsFrozen = 0, kTerminal = 1, kOther = 2 };

PyObject* seekable_streams = nullptr;  // a tuple of three entries of agent/python/streams.py

// Of pipes, of /dev/null and of most files on Linux; the size of the frozen buffers.
constexpr long kBlockSize = 4096;

// Character device 1:3 (null(4)).
bool is_null_device(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

// Whether sys may have the stream that was frozen for a descriptor that can seek. Whoever holds the
// other one writes to /dev/null through it as well, and does no harm; for a file nobody may.
bool fits_seekable(int descriptor, const struct stat& status) {
  if (is_null_device(status)) return true;
  if (!S_ISREG(status.st_mode) || status.st_blksize != kBlockSize) return false;
  PyObject* entry = python.PyTuple_GetItem(seekable_streams, descriptor);
  return python.PyLong_AsLong(python.PyTuple_GetItem(entry, 2)) != 0;
}

// The buffer remembers the position it was frozen at; telling reads the true one.
void refresh_position(PyObject* stream) {
  PyObject* buffer = python.PyObject_GetAttrString(stream, "buffer");
  PyObject* tell = python.PyObject_GetAttrString(buffer, "tell");
  python.Py_DecRef(python.PyObject_CallFunctionObjArgs(tell, nullptr));
  python.PyErr_Clear();
  python.Py_DecRef(tell);
  python.Py_DecRef(buffer);
}

StreamKind kind_of(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return kOther;
  if (fits_seekable(descriptor, status)) return kAsFrozen;  // use_seekable_streams() has seen to it
  if ((S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) && status.st_blksize == kBlockSize)
    return kAsFrozen;
  return S_ISCHR(status.st_mode) && isatty(descriptor) == 1 ? kTerminal : kOther;
}

}  // namespace

void note_seekable_streams(PyObject* streams) { seekable_streams = streams; }

// A stream that an import put in the place of the original one stays there.
void use_seekable_streams() {
  constexpr const char* kNames[3][2] = {
      {"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"}};
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !fits_seekable(descriptor, status)) continue;
    PyObject* entry = python.PyTuple_GetItem(seekable_streams, descriptor);
    PyObject* stream = python.PyTuple_GetItem(entry, 1);
    if (S_ISREG(status.st_mode)) refresh_position(stream);
    for (const char* name : kNames[descriptor]) {
      if (python.PySys_GetObject(name) == python.PyTuple_GetItem(entry, 0))
        python.PySys_SetObject(name, stream);
    }
  }
}

PyObject* standard_stream_kinds() {
  StreamKind kinds[3];
  bool all_as_frozen = true;
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    kinds[descriptor] = kind_of(descriptor);
    // Standard error is line-buffered everywhere, the others on a terminal only.
    const bool same = kinds[descriptor] == kAsFrozen ||
                      (kinds[descriptor] == kTerminal && descriptor == STDERR_FILENO);
    all_as_frozen = all_as_frozen && same;
  }
  if (all_as_frozen) return nullptr;
  PyObject* list = python.PyList_New(0);
  for (const StreamKind kind : kinds) {
    PyObject* number = python.PyLong_FromLong(kind);
    python.PyList_Append(list, number);
    python.Py_DecRef(number);
  }
  return list;
}

}  // namespace pysnap::agent
