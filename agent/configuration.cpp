// The interpreter's own record of its command line (PyConfig, Include/cpython/initconfig.h), which
// the sys module of every sub-interpreter is made from.
//
// Where it lies in PyConfig differs from version to version. Before the freeze it is found by its
// content: `orig_argv`, which sys.orig_argv was made from, and right behind it `argv`. Where it is
// not found, sub-interpreters have the command line of the boot.
#include <dlfcn.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

struct WideList {  // PyWideStringList
  long count;
  wchar_t** items;
};

struct CommandLine {
  WideList original;
  WideList arguments;
};

CommandLine* command_line = nullptr;

// Memory that need not be there: what looks like a pointer may be none.
bool read_memory(const void* from, void* to, size_t size) {
  iovec here = {to, size};
  iovec there = {const_cast<void*>(from), size};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

bool first_word_is(const WideList& list, const wchar_t* word, size_t length) {
  constexpr size_t kLongest = 1024;
  wchar_t* first = nullptr;
  wchar_t content[kLongest];
  const size_t size = (length + 1) * sizeof *content;
  return length < kLongest && read_memory(list.items, &first, sizeof first) &&
         read_memory(first, content, size) && memcmp(content, word, size) == 0;
}

void append(WideList& list, const char* word) {
  list.items[list.count++] = python.Py_DecodeLocale(word, nullptr);
}

// The old words are left to themselves: their memory came with the image.
void fill(WideList& list, const char* first, char** rest) {
  long count = 1;
  while (rest[count - 1] != nullptr) ++count;
  list.count = 0;
  list.items = static_cast<wchar_t**>(
      python.PyMem_RawMalloc(static_cast<size_t>(count) * sizeof *list.items));
  if (list.items == nullptr) return;
  append(list, first);
  for (; *rest != nullptr; ++rest) append(list, *rest);
}

}  // namespace

void find_command_line() {
  using GetConfig = const char* (*)();
  const auto get = reinterpret_cast<GetConfig>(dlsym(RTLD_DEFAULT, "_Py_GetConfig"));
  PyObject* words = python.PySys_GetObject("orig_argv");
  if (get == nullptr || words == nullptr || python.PyList_Size(words) < 1) return;
  size_t length = 0;
  wchar_t* first = python.Py_DecodeLocale(
      python.PyBytes_AsString(python.PyUnicode_EncodeFSDefault(python.PyList_GetItem(words, 0))),
      &length);
  if (first == nullptr) return;
  constexpr size_t kSmallestConfig = 400;  // 3.10
  for (size_t at = 0; at + sizeof(CommandLine) <= kSmallestConfig; at += sizeof(long)) {
    auto candidate = reinterpret_cast<const CommandLine*>(get() + at);
    if (candidate->original.count != python.PyList_Size(words) || candidate->arguments.count != 1 ||
        !first_word_is(candidate->original, first, length) ||
        !first_word_is(candidate->arguments, L"", 0))
      continue;
    command_line = const_cast<CommandLine*>(candidate);
    break;
  }
  python.PyMem_RawFree(first);
}

void set_configured_arguments(const char* first, char** rest) {
  if (command_line != nullptr) fill(command_line->arguments, first, rest);
}

void set_configured_command_line(const char* name, char** rest) {
  if (command_line == nullptr) return;
  if (name == nullptr) {
    // The frozen interpreter's name stays; the words behind it are the launch's.
    wchar_t* frozen = command_line->original.items[0];
    fill(command_line->original, "", rest);
    if (command_line->original.count != 0) command_line->original.items[0] = frozen;
    return;
  }
  fill(command_line->original, name, rest);
}

}  // namespace pysnap::agent
