// Runs a program as pymain_run_python() of CPython's Modules/main.c does, and ends it as
// Py_RunMain() does. Called with no Python frame on the stack.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/compiled_script.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

// How a program ended, before finalisation.
struct Outcome {
  int status;
  bool ends_at_once;  // by SystemExit
  bool interrupted;   // by a KeyboardInterrupt nobody caught: the process ends by SIGINT
};

int print_error() {
  python.PyErr_Print();
  return 1;
}

constexpr int kCloseFile = 1;
constexpr int kKeepOpen = 0;

// The result of a program's top level, or nullptr with an error set, or a status already known.
struct TopLevel {
  PyObject* result;
  int status;  // -1: ask `result`
};

uint64_t caller_signal_mask = 0;

// The last thing before a program's first line. A Ctrl-C that came meanwhile reaches the program as
// its first KeyboardInterrupt, and shows no frame of ours.
void unblock_signals() { set_signal_mask(caller_signal_mask); }

// -x: for scripts whose first line speaks to another system than Unix. Its end stays, so that the
// lines keep their numbers.
void skip_first_line(FILE* file) {
  int c = getc(file);
  while (c != EOF && c != '\n') c = getc(file);
  if (c != EOF) ungetc(c, file);
}

// Whether a failed flush is reported and counts, or is passed over.
enum class FlushFailure { kReported, kIgnored };

// False when buffered output could not be written and that counts.
bool flush_stream(const char* name, FlushFailure failure) {
  PyObject* stream = python.PySys_GetObject(name);
  if (stream == nullptr || stream == python.none()) return true;
  PyObject* closed = python.PyObject_GetAttrString(stream, "closed");
  if (closed == nullptr) python.PyErr_Clear();
  const bool is_closed = closed != nullptr && python.PyObject_IsTrue(closed) == 1;
  python.Py_DecRef(closed);
  if (is_closed) return true;
  PyObject* flush = python.PyObject_GetAttrString(stream, "flush");
  PyObject* result =
      flush == nullptr ? nullptr : python.PyObject_CallFunctionObjArgs(flush, nullptr);
  python.Py_DecRef(flush);
  python.Py_DecRef(result);
  if (result != nullptr) return true;
  if (failure == FlushFailure::kIgnored) {
    python.PyErr_Clear();
    return true;
  }
  python.PyErr_WriteUnraisable(stream);
  return false;
}

// flush_io() of Python/pythonrun.c, when a file has been run: what was printed comes before the
// traceback and before what exit functions write.
TopLevel ended_file(PyObject* result) {
  PyObject *type, *value, *traceback;
  python.PyErr_Fetch(&type, &value, &traceback);
  flush_stream("stderr", FlushFailure::kIgnored);
  flush_stream("stdout", FlushFailure::kIgnored);
  python.PyErr_Restore(type, value, traceback);
  return {result, -1};
}

TopLevel run_file(const char* path, PyObject* path_object, uint32_t flags) {
  if (python.PySys_Audit("cpython.run_file", "O", path_object) < 0) return {nullptr, -1};
  FILE* file = fopen(path, "rbe");
  if (file == nullptr) {
    const int error = errno;
    python.Py_DecRef(call(agent_names, "report_unopened", path_object,
                          python.PyLong_FromLong(error), decoded(strerror(error))));
    python.PyErr_Clear();
    return {nullptr, 2};  // CPython's status for a script that cannot be read
  }
  struct stat status;
  if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
    fclose(file);
    python.Py_DecRef(call(agent_names, "report_directory", path_object));
    python.PyErr_Clear();
    return {nullptr, 1};
  }
  if ((flags & format::kSkipFirstLine) != 0) skip_first_line(file);
  const bool compiled = is_compiled(path, file);
  PyObject* names =
      call(agent_names, "enter_main", path_object, python.PyBool_FromLong(compiled ? 1 : 0));
  if (names == nullptr) return {nullptr, -1};
  if (compiled) rewind(file);
  unblock_signals();
  CompilerFlags none = {0, 0};
  PyObject* result =
      compiled ? run_compiled(file, names)
               : python.PyRun_FileExFlags(file, path, kFileInput, names, names, kCloseFile, &none);
  python.Py_DecRef(names);
  return ended_file(result);
}

// What _PyRun_SimpleFileObject() removes when a script has ended. In C: a signal handler written in
// Python must not run between the program's end and its finish.
void leave_main() {
  PyObject* names = python.PyModule_GetDict(python.PyImport_AddModule("__main__"));
  constexpr const char* kNames[] = {"__file__", "__cached__"};
  for (const char* name : kNames) {
    if (names != nullptr && python.PyDict_GetItemString(names, name) != nullptr)
      python.PyDict_DelItemString(names, name);
  }
  python.PyErr_Clear();
}

TopLevel run_standard_input(PyObject* path_object) {
  if (python.PySys_Audit("cpython.run_stdin", nullptr) < 0) return {nullptr, -1};
  CompilerFlags flags = {0, 0};
  PyObject* names = call(agent_names, "enter_main", path_object, python.PyBool_FromLong(0));
  if (names == nullptr) return {nullptr, -1};
  unblock_signals();
  PyObject* result =
      python.PyRun_FileExFlags(stdin, "<stdin>", kFileInput, names, names, kKeepOpen, &flags);
  python.Py_DecRef(names);
  return ended_file(result);
}

TopLevel run_command(PyObject* command) {
  if (python.PySys_Audit("cpython.run_command", "O", command) < 0) return {nullptr, -1};
  PyObject* bytes = python.PyUnicode_AsUTF8String(command);
  if (bytes == nullptr) {
    python.PySys_WriteStderr("Unable to decode the command from the command line:\n");
    return {nullptr, -1};
  }
  PyObject* remembered = call(agent_names, "remember_command", command);
  if (remembered == nullptr) return {nullptr, -1};
  constexpr int kIgnoreCookie = 0x0800;  // PyCF_IGNORE_COOKIE: the text is UTF-8 whatever it says
  CompilerFlags flags = {kIgnoreCookie, 0};
  PyObject* names = python.PyModule_GetDict(python.PyImport_AddModule("__main__"));
  if (python.PyObject_IsTrue(remembered) == 0) {
    PyObject* code = python.Py_CompileStringFlags(python.PyBytes_AsString(bytes), "<string>",
                                                  kFileInput, &flags);
    if (code == nullptr || call(agent_names, "remember_code", command, code) == nullptr)
      return {nullptr, -1};
    unblock_signals();
    return {python.PyEval_EvalCode(code, names, names), -1};
  }
  unblock_signals();
  return {
      python.PyRun_StringFlags(python.PyBytes_AsString(bytes), kFileInput, names, names, &flags),
      -1};
}

// `replace_argument`: -m lets runpy put the module's file into sys.argv[0].
TopLevel run_module(PyObject* name, PyObject* replace_argument) {
  if (python.PySys_Audit("cpython.run_module", "O", name) < 0) return {nullptr, -1};
  PyObject* runpy = python.PyImport_ImportModule("runpy");
  if (runpy == nullptr) return {nullptr, -1};
  PyObject* function = python.PyObject_GetAttrString(runpy, "_run_module_as_main");
  if (function == nullptr) return {nullptr, -1};
  unblock_signals();
  return {python.PyObject_CallFunctionObjArgs(function, name, replace_argument, nullptr), -1};
}

// An uncaught exception becomes text and a status (PyErr_PrintEx, handle_system_exit).
Outcome outcome_of_error() {
  if (python.PyErr_ExceptionMatches(*python.PyExc_SystemExit) != 0) {
    PyObject *type, *value, *traceback;
    python.PyErr_Fetch(&type, &value, &traceback);
    python.PyErr_NormalizeException(&type, &value, &traceback);
    PyObject* status = call(agent_names, "exit_status", value);
    const int number =
        status == nullptr ? print_error() : static_cast<int>(python.PyLong_AsLong(status));
    // The exception keeps the frames of the program alive, and with them its local variables.
    python.Py_DecRef(traceback);
    python.Py_DecRef(value);
    python.Py_DecRef(type);
    return {number, true, false};
  }
  const bool interrupted = python.PyErr_ExceptionMatches(*python.PyExc_KeyboardInterrupt) != 0;
  return {print_error(), false, interrupted};
}

Outcome run_top_level(const format::LaunchRequest& request) {
  begin_improvement(request);
  const LaunchPlan plan = launch(request);
  caller_signal_mask = request.signal_mask;
  if (has_restore_hooks() && (request.flags & format::kProof) == 0) {
    unblock_signals();  // a hook may wait for signals, or start processes, which inherit the mask
    if (!run_restore_hooks()) return outcome_of_error();
  }
  TopLevel top = {nullptr, -1};
  switch (plan.manner) {
    case format::ProgramKind::kScript: {
      PyObject* path = python.PyUnicode_EncodeFSDefault(plan.target);
      top = run_file(python.PyBytes_AsString(path), plan.target, request.flags);
      break;
    }
    case format::ProgramKind::kModule:
      top = run_module(plan.target, python.PyLong_FromLong(plan.replaces_argument));
      break;
    case format::ProgramKind::kCommand:
      top = run_command(plan.target);
      break;
    case format::ProgramKind::kStandardInput:
      top = run_standard_input(plan.target);
      break;
    case format::ProgramKind::kCheckpoint:  // continue_script() has taken it
      break;
  }
  if (top.status >= 0) return {top.status, false, false};
  const Outcome outcome = top.result != nullptr ? Outcome{0, false, false} : outcome_of_error();
  python.Py_DecRef(top.result);  // of -m: the names of __main__, which would outlive their module
  if (plan.manner == format::ProgramKind::kScript ||
      plan.manner == format::ProgramKind::kStandardInput)
    leave_main();
  return outcome;
}

// Calls a module's function of the interpreter's end straight from C, so that an error shows no
// frame of ours.
void call_at_end(PyObject* module, const char* function, PyObject* blamed) {
  PyObject* callable =
      module == nullptr ? nullptr : python.PyObject_GetAttrString(module, function);
  if (callable == nullptr) {
    python.PyErr_Clear();
    return;
  }
  PyObject* result = python.PyObject_CallFunctionObjArgs(callable, nullptr);
  if (result == nullptr) python.PyErr_WriteUnraisable(blamed);
  python.Py_DecRef(result);
  python.Py_DecRef(callable);
}

// Joins non-daemon threads (wait_for_thread_shutdown() of Python/pylifecycle.c).
void shut_threads_down() {
  PyObject* modules = python.PySys_GetObject("modules");
  PyObject* threading =
      modules == nullptr ? nullptr : python.PyDict_GetItemString(modules, "threading");
  call_at_end(threading, "_shutdown", threading);
}

constexpr int kFlushFailed = 120;

void end_threads_and_run_exit_functions() {
  refuse_late_starts();
  shut_threads_down();
  call_at_end(python.PyDict_GetItemString(agent_names, "atexit"), "_run_exitfuncs", nullptr);
}

// --full-finalize: the frozen heap is walked too, and every library is ended. Exit functions run
// before, because they may import; the interpreter then finds none.
int finish_fully(int status) {
  end_threads_and_run_exit_functions();
  end_publishing();
  forget_launch();
  let_go_of_main();
  python.Py_DecRef(call(agent_names, "leave_to_interpreter"));
  keep_native_end_whole();
  return python.Py_FinalizeEx() < 0 ? kFlushFailed : status;
}

// Whether the namespace of __main__ was made in this process, or is in the image, where no
// collector finds the cycles through it.
enum class MainNames { kOfRun, kFrozen };

void finalize_run_and_main() {
  PyObject* names = python.PyModule_GetDict(python.PyImport_AddModule("__main__"));
  python.Py_IncRef(names);
  finalize_run();
  clear_names(names);
  python.Py_DecRef(names);
  python.PyErr_Clear();
  python.PyGC_Collect();
}

// The interpreter's end, in the order of Py_FinalizeEx(); returns the status after it.
int finish(int status, MainNames main_names) {
  end_threads_and_run_exit_functions();
  begin_finalizing();
  // flush_std_files() of Python/pylifecycle.c; what finalisers print is flushed by the streams' own
  // end there, which reports nothing.
  const bool flushed = flush_stream("stdout", FlushFailure::kReported);
  flush_stream("stderr", FlushFailure::kIgnored);
  note_missing_modules();
  if (main_names == MainNames::kFrozen)
    finalize_run_and_main();
  else
    finalize_run();
  end_sub_interpreters();
  flush_stream("stdout", FlushFailure::kIgnored);
  flush_stream("stderr", FlushFailure::kIgnored);
  start_improvement();
  return flushed ? status : kFlushFailed;
}

// exit_sigint() of Modules/main.c: the caller sees the death by signal that it expects.
[[noreturn]] void exit_by_interrupt() {
  fflush(nullptr);
  signal(SIGINT, SIG_DFL);
  kill(static_cast<pid_t>(syscall(SYS_getpid)), SIGINT);
  _exit(128 + SIGINT);
}

int end_run(Outcome outcome, uint32_t flags, MainNames main_names) {
  if (!outcome.ends_at_once && wants_session()) outcome = {run_session(), false, false};
  end_running_main();
  const bool fully = (flags & format::kFullFinalize) != 0;
  const int status = fully ? finish_fully(outcome.status) : finish(outcome.status, main_names);
  if (outcome.interrupted) exit_by_interrupt();
  return status;
}

}  // namespace

int run_program(const format::LaunchRequest& request) {
  return end_run(run_top_level(request), request.flags, MainNames::kOfRun);
}

PyObject* run_script(PyObject* path) {
  PyObject* bytes = python.PyUnicode_EncodeFSDefault(path);
  return run_file(python.PyBytes_AsString(bytes), path, 0).result;
}

int end_script(PyObject* result, uint32_t flags) {
  const Outcome outcome = result != nullptr ? Outcome{0, false, false} : outcome_of_error();
  leave_main();
  return end_run(outcome, flags, MainNames::kFrozen);
}

PyObject* take_error() {
  PyObject *type, *value, *traceback;
  python.PyErr_Fetch(&type, &value, &traceback);
  if (type == nullptr) return python.none();
  python.PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) python.PyException_SetTraceback(value, traceback);
  return value;
}

void set_signal_mask(uint64_t mask) {
  constexpr size_t kMaskSize = 8;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, nullptr, kMaskSize);
}

}  // namespace pysnap::agent
