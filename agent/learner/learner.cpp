// pysnap-learner.so: in a plain Python that pysnap-run has started for want of an image. It notes
// which modules the program has imported when the interpreter begins to end, and starts
// `pysnap learn` when the process ends.
//
// Invariant: the program finds nothing of it in its environment and none of its own memory changed
// but the first instructions of two functions that end the interpreter, which are put back when
// they are called. Whatever does not work out, nothing is learned, and nobody hears of it.
//
// Only the process that pysnap-run became learns: not its children, and not programs that a wrapper
// script starts on the way.
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/detour.h"
#include "agent/learner/notes.h"
#include "agent/learner/start_builder.h"

extern char** environ;

namespace pysnap::learner {
namespace {

using PyObject = void;

// No constructors: load() runs first.
constinit agent::Detour at_finalize;
constinit agent::Detour at_exit;  // after sys.exit(): from 3.13 on it does not call the other one
int (*finalize)() = nullptr;
void (*exit_python)(int) = nullptr;
pid_t own_process = 0;
Ending ending = Ending::kAtOnce;
bool has_modules = false;
constinit Notes notes;
char** start_environment = nullptr;  // a copy: the program may overwrite its own

template <typename Function>
Function* interpreter_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

// The keys of sys.modules, in their order.
void note_modules() {
  if (has_modules || getpid() != own_process) return;
  const auto get = interpreter_function<PyObject*(const char*)>("PySys_GetObject");
  const auto next =
      interpreter_function<int(PyObject*, long*, PyObject**, PyObject**)>("PyDict_Next");
  const auto text = interpreter_function<const char*(PyObject*, long*)>("PyUnicode_AsUTF8AndSize");
  const auto clear = interpreter_function<void()>("PyErr_Clear");
  if (get == nullptr || next == nullptr || text == nullptr || clear == nullptr) return;
  PyObject* modules = get("modules");
  if (modules == nullptr) return;
  long position = 0;
  PyObject *key, *value;
  while (next(modules, &position, &key, &value) != 0) {
    const char* name = text(key, nullptr);
    if (name == nullptr)
      clear();  // no text, or none that is a module's name
    else
      notes.add(format::Note::kModule, name);
  }
  has_modules = true;
}

// Stands in for `int Py_FinalizeEx(void)`.
int begin_finalize() {
  at_finalize.remove();
  note_modules();
  return finalize();
}

// Stands in for `void Py_Exit(int)`.
void begin_exit(int status) {
  at_exit.remove();
  note_modules();
  exit_python(status);
}

// bin/pysnap, from lib/pysnap/pysnap-learner.so.
bool find_builder(char* path, size_t size) {
  Dl_info own;
  if (dladdr(reinterpret_cast<void*>(&find_builder), &own) == 0) return false;
  const char* end = own.dli_fname + strlen(own.dli_fname);
  while (end > own.dli_fname && end[-1] != '/') --end;
  const int written = snprintf(path, size, "%.*s../../bin/pysnap",
                               static_cast<int>(end - own.dli_fname), own.dli_fname);
  return written > 0 && static_cast<size_t>(written) < size;
}

// The last exit function of the process: Python is gone, buffers are written.
void end_of_process(int, void*) {
  char path[PATH_MAX];
  if (!has_modules || getpid() != own_process || !find_builder(path, sizeof path)) return;
  const int input = notes.to_file();
  if (input >= 0) start_builder(path, input, start_environment, ending);
}

// Whether code that was changed can be made executable again: tried on a page of our own, which is
// lost where it cannot (SELinux: execmod).
__attribute__((aligned(4096), section(".text.trial"))) void trial() {
  __asm__ volatile(".zero 4096");
}

bool code_can_be_changed() {
  void* page = reinterpret_cast<void*>(&trial);
  if (mprotect(page, 4096, PROT_READ | PROT_WRITE) != 0) return false;
  static_cast<volatile char*>(page)[100] = 1;
  return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

// Ours are the last three. Their bytes become zero, so that they are not in /proc/self/environ
// either; what the user preloads keeps its variable.
void hide_variables(char** last) {
  char* preload = last[0];
  char* theirs = strchr(preload, ':');
  if (theirs != nullptr) {
    constexpr size_t kNameSize = sizeof "LD_PRELOAD=" - 1;
    const size_t length = strlen(theirs + 1);
    const size_t size = strlen(preload);
    memmove(preload + kNameSize, theirs + 1, length);
    memset(preload + kNameSize + length, 0, size - kNameSize - length);
    last[1] = nullptr;
  } else {
    memset(preload, 0, strlen(preload));
    last[0] = nullptr;
  }
}

char** copy_of(char** variables) {
  size_t count = 0;
  while (variables[count] != nullptr) ++count;
  auto** copy = static_cast<char**>(calloc(count + 1, sizeof(char*)));
  for (size_t i = 0; copy != nullptr && i < count; ++i) {
    copy[i] = strdup(variables[i]);
    if (copy[i] == nullptr) return nullptr;
  }
  return copy;
}

void note_start(const char* order, const char* reason, char** arguments) {
  char directory[PATH_MAX];
  if (order[0] == format::kBuildsNow) ending = Ending::kWaits;
  const char how[] = {order[0], 0};
  notes.add(format::Note::kHow, how);
  notes.add(format::Note::kDirectory, order + 1);
  notes.add(format::Note::kReason, reason);
  notes.add(format::Note::kWorkingDirectory,
            getcwd(directory, sizeof directory) != nullptr ? directory : "/");
  notes.add(format::Note::kInterpreter, arguments[0]);
  for (++arguments; *arguments != nullptr; ++arguments) notes.add(format::Note::kWord, *arguments);
}

// The value of a variable, or nullptr when it is another one.
char* value_of(char* variable, const char* name) {
  const size_t length = strlen(name);
  return strncmp(variable, name, length) == 0 && variable[length] == '=' ? variable + length + 1
                                                                         : nullptr;
}

// The C library calls constructors with the arguments of main().
__attribute__((constructor)) void load(int, char** arguments, char** variables) {
  finalize = interpreter_function<int()>("Py_FinalizeEx");
  exit_python = interpreter_function<void(int)>("Py_Exit");
  if (finalize == nullptr || exit_python == nullptr) return;
  size_t count = 0;
  while (variables[count] != nullptr) ++count;
  if (count < 3) return;
  char** last = variables + count - 3;
  char* order = value_of(last[1], format::kLearnVariable);
  char* reason = value_of(last[2], format::kReasonVariable);
  if (order == nullptr || reason == nullptr || value_of(last[0], "LD_PRELOAD") == nullptr) return;
  note_start(order, reason, arguments);
  memset(last[1], 0, strlen(last[1]));
  memset(last[2], 0, strlen(last[2]));
  hide_variables(last);
  start_environment = copy_of(variables);
  own_process = getpid();
  if (start_environment == nullptr || !code_can_be_changed()) return;
  if (on_exit(end_of_process, nullptr) != 0) return;
  at_finalize.install(reinterpret_cast<void*>(finalize), reinterpret_cast<void*>(&begin_finalize));
  at_exit.install(reinterpret_cast<void*>(exit_python), reinterpret_cast<void*>(&begin_exit));
}

}  // namespace
}  // namespace pysnap::learner
