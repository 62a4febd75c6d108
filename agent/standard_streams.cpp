// How the descriptors 0, 1 and 2 of a launch differ from the pipes the streams were frozen with.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// The numbers are those of agent/python/streams.py.
enum StreamKind : long { kAsFrozen = 0, kTerminal = 1, kOther = 2 };

PyObject* null_streams = nullptr;  // a tuple of three (frozen, for /dev/null) pairs

// Of pipes on Linux, and of the frozen buffers.
constexpr long kPipeBlockSize = 4096;

// Character device 1:3 (null(4)).
bool is_null_device(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

StreamKind kind_of(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return kOther;
  if (is_null_device(status)) return kAsFrozen;  // use_null_streams() has seen to it
  if ((S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) && status.st_blksize == kPipeBlockSize)
    return kAsFrozen;
  return S_ISCHR(status.st_mode) && isatty(descriptor) == 1 ? kTerminal : kOther;
}

}  // namespace

void note_null_streams(PyObject* streams) { null_streams = streams; }

// A stream that an import put in the place of the original one stays there. Who holds an original
// writes to /dev/null through it as well.
void use_null_streams() {
  constexpr const char* kNames[3][2] = {
      {"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"}};
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !is_null_device(status)) continue;
    PyObject* pair = python.PyTuple_GetItem(null_streams, descriptor);
    PyObject* stream = python.PyTuple_GetItem(pair, 1);
    for (const char* name : kNames[descriptor]) {
      if (python.PySys_GetObject(name) == python.PyTuple_GetItem(pair, 0))
        python.PySys_SetObject(name, stream);
    }
  }
}

PyObject* standard_stream_kinds() {
  StreamKind kinds[3];
  bool all_as_frozen = true;
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    kinds[descriptor] = kind_of(descriptor);
    // On a terminal only standard output changes its buffering.
    const bool same = kinds[descriptor] == kAsFrozen ||
                      (kinds[descriptor] == kTerminal && descriptor != STDOUT_FILENO);
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
