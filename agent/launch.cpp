// From a restored process to the point where the program's first line runs: environment, streams,
// signals, fresh state, arguments, search path. In C, through few objects: every object touched
// costs the copy of its page. What only some launches need is in agent/python/launch.py.
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/publish.h"
#include "agent/script_file.h"

extern char** environ;

namespace pysnap::agent {
namespace {

// Objects that every launch changes, found before the freeze.
struct FrozenObjects {
  PyObject* environ;
  PyObject* arguments;
  PyObject* command_line;
  PyObject* program_name;
  PyObject* path;
  PyObject* renewals;
  PyObject* hooks;
  PyObject* flags;
  long dont_write_bytecode;  // its place in sys.flags
  long quiet;
  bool counts_quiet;
  PyObject* after_restore;
  bool seeds_remain;
  bool adds_directory;
  bool reads_environment;
};

FrozenObjects frozen = {};
// The file that holds the system's time zone.
struct SystemZone {
  dev_t device;
  ino_t inode;
  time_t second;
  long nanosecond;

  bool operator==(const SystemZone&) const = default;
};

SystemZone frozen_system_zone = {};
PyObject* facts = nullptr;   // owns them
char frozen_time_zone[256];  // "" also when TZ was not set: both mean the system's zone

void append(PyObject* list, PyObject* item) {
  python.PyList_Append(list, item);
  python.Py_DecRef(item);
}

// As run_at_forkers() of Modules/posixmodule.c: an error is reported and ends nothing.
void settle(PyObject* result, PyObject* callable) {
  if (result == nullptr)
    python.PyErr_WriteUnraisable(callable);
  else
    python.Py_DecRef(result);
}

void run_hooks() {
  for (long i = 0; i < python.PyTuple_Size(frozen.hooks); ++i) {
    PyObject* hook = python.PyTuple_GetItem(frozen.hooks, i);
    settle(python.PyObject_CallFunctionObjArgs(hook, nullptr), hook);
  }
}

// os.environ stays the same object; this is its dictionary. As convertenviron() of
// Modules/posixmodule.c: bytes, the first of equal names wins.
void renew_environment() {
  python.PyDict_Clear(frozen.environ);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const char* equals = strchr(*variable, '=');
    if (equals == nullptr) continue;
    PyObject* name = python.PyBytes_FromStringAndSize(*variable, equals - *variable);
    PyObject* value = python.PyBytes_FromString(equals + 1);
    python.PyDict_SetDefault(frozen.environ, name, value);
    python.Py_DecRef(name);
    python.Py_DecRef(value);
  }
}

SystemZone system_zone() {
  struct stat file = {};
  if (stat("/etc/localtime", &file) != 0) return {};
  return {file.st_dev, file.st_ino, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

// A program without a TZ variable follows the system's zone (tzset(3)).
void renew_time_zone() {
  const char* zone = getenv("TZ");
  if (zone == nullptr) zone = "";
  if (strncmp(zone, frozen_time_zone, sizeof frozen_time_zone) != 0 ||
      (*zone == 0 && !(system_zone() == frozen_system_zone)))
    settle(call(agent_names, "renew_time_zone"), nullptr);
}

// The interpreter's own copies of what its options say, for C code that asks there.
struct FlagVariables {
  int* unbuffered;
  int* dont_write_bytecode;
  int* quiet;
};

FlagVariables flag_variables = {};

void find_flag_variables() {
  const auto find = [](const char* name) { return static_cast<int*>(dlsym(RTLD_DEFAULT, name)); };
  flag_variables.unbuffered = find("Py_UnbufferedStdioFlag");
  flag_variables.dont_write_bytecode = find("Py_DontWriteBytecodeFlag");
  flag_variables.quiet = find("Py_QuietFlag");
}

// sys.flags is a tuple that nothing changes in the interpreter; modules may have kept the object.
void set_flag(long place, long value) {
  python.PyStructSequence_SetItem(frozen.flags, place, python.PyLong_FromLong(value));
}

// The options that any image serves, as config_init_stdio() of Python/initconfig.c and
// _PySys_InitMain() of Python/sysmodule.c apply them. Streams of Python come later.
void apply_options(const format::LaunchRequest& request) {
  if ((request.flags & format::kUnbufferedStreams) != 0) {
    if (flag_variables.unbuffered != nullptr) *flag_variables.unbuffered = 1;
    FILE* const streams[] = {stdin, stdout, stderr};
    for (FILE* stream : streams) setvbuf(stream, nullptr, _IONBF, BUFSIZ);
  }
  if ((request.flags & format::kDontWriteBytecode) != 0) {
    set_flag(frozen.dont_write_bytecode, 1);
    if (flag_variables.dont_write_bytecode != nullptr) *flag_variables.dont_write_bytecode = 1;
    python.PySys_SetObject("dont_write_bytecode", python.PyBool_FromLong(1));
  }
  if (request.quiet != 0)
    set_flag(frozen.quiet, frozen.counts_quiet ? static_cast<long>(request.quiet) : 1);
  if (request.quiet != 0 && flag_variables.quiet != nullptr)
    *flag_variables.quiet = static_cast<int>(request.quiet);
}

void adapt_streams(uint32_t flags) {
  const bool unbuffered = (flags & format::kUnbufferedStreams) != 0;
  if (!unbuffered) use_seekable_streams();
  PyObject* kinds = standard_stream_kinds();
  if (kinds == nullptr && !unbuffered) return;
  if (kinds == nullptr) {
    kinds = python.PyList_New(0);
    for (int i = 0; i < 3; ++i) append(kinds, python.PyLong_FromLong(0));
  }
  settle(call(agent_names, "adapt_streams", kinds, python.PyLong_FromLong(unbuffered)), nullptr);
}

// Signals that are ignored now although Python ignores only two of its own: the caller's wish
// (nohup(1), a shell's background job), which signal.getsignal() must show.
void respect_ignored_signals() {
  PyObject* list = nullptr;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action;
    if (number == SIGPIPE || number == SIGXFSZ || number == SIGKILL || number == SIGSTOP) continue;
    if (sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_IGN) continue;
    if (list == nullptr) list = python.PyList_New(0);
    append(list, python.PyLong_FromLong(number));
  }
  if (list != nullptr) settle(call(agent_names, "respect_ignored_signals", list), nullptr);
}

void renew_modules() {
  refresh_generators();
  refresh_tls_contexts();
  if (frozen.seeds_remain) settle(call(agent_names, "seed_remaining"), nullptr);
  for (long i = 0; i < python.PyTuple_Size(frozen.renewals); ++i) {
    PyObject* pair = python.PyTuple_GetItem(frozen.renewals, i);
    PyObject* function = python.PyTuple_GetItem(pair, 0);
    settle(python.PyObject_CallFunctionObjArgs(function, python.PyTuple_GetItem(pair, 1), nullptr),
           function);
  }
}

// In place: modules may have done `from sys import argv`.
void fill(PyObject* list, PyObject* first, char** rest) {
  PyObject* items = python.PyList_New(0);
  python.PyList_Append(items, first);
  for (; *rest != nullptr; ++rest) append(items, decoded(*rest));
  python.PyList_SetSlice(list, 0, LONG_MAX, items);
  python.Py_DecRef(items);
}

void set_argument_vector(const char* first, char** rest) {
  PyObject* name = decoded(first);
  fill(frozen.arguments, name, rest);
  python.Py_DecRef(name);
  set_configured_arguments(first, rest);
}

// sys.orig_argv: all words as they were typed.
void set_command_line(const format::LaunchRequest& request) {
  const char* typed = request.interpreter_name;
  PyObject* name = typed == nullptr ? frozen.program_name : decoded(typed);
  fill(frozen.command_line, name, request.python_arguments);
  if (typed != nullptr) python.Py_DecRef(name);
  set_configured_command_line(typed, request.python_arguments);
}

void add_to_path(const char* directory) {
  if (!frozen.adds_directory || directory == nullptr) return;
  PyObject* entry = decoded(directory);
  python.PyList_Insert(frozen.path, 0, entry);
  python.Py_DecRef(entry);
}

// A directory, an archive, a link, or what is no file at all (pymain_get_importer() of
// Modules/main.c).
LaunchPlan launch_special_script(const char* script) {
  PyObject* path = call(agent_names, "absolute", decoded(script));
  PyObject* importer = python.PyImport_GetImporter(path);
  if (importer == nullptr) {
    python.PySys_WriteStderr("Failed checking if argv[0] is an import path entry\n");
    python.PyErr_Print();
  } else if (importer != python.none()) {
    python.PyList_Insert(frozen.path, 0, path);
    return {format::ProgramKind::kModule, decoded("__main__"), false};
  }
  if (frozen.adds_directory)
    python.PyList_Insert(frozen.path, 0, call(agent_names, "directory_of_script", decoded(script)));
  return {format::ProgramKind::kScript, path, false};
}

LaunchPlan launch_script(const char* script, char** rest) {
  set_argument_vector(script, rest);
  ScriptFile file;
  if (is_plain_script(script, file)) {
    remember_no_importer(file.path);
    add_to_path(file.directory);
    return {format::ProgramKind::kScript, decoded(file.path), false};
  }
  return launch_special_script(script);
}

LaunchPlan plan_program(const format::LaunchRequest& request) {
  char directory[PATH_MAX];
  set_command_line(request);
  switch (request.kind) {
    case format::ProgramKind::kScript:
      return launch_script(request.program, request.arguments);
    case format::ProgramKind::kModule:
      set_argument_vector("-m", request.arguments);
      add_to_path(getcwd(directory, sizeof directory));
      return {request.kind, decoded(request.program), true};
    case format::ProgramKind::kCommand:
      set_argument_vector("-c", request.arguments);
      add_to_path("");
      return {request.kind, decoded(request.program), false};
    case format::ProgramKind::kCheckpoint:  // it runs already
      set_argument_vector(request.program, request.arguments);
      return {request.kind, nullptr, false};
    case format::ProgramKind::kStandardInput:
      break;
  }
  set_argument_vector(request.program == nullptr ? "" : request.program, request.arguments);
  add_to_path("");
  return {format::ProgramKind::kStandardInput, decoded("<stdin>"), false};
}

}  // namespace

void prepare_launch() {
  if (facts != nullptr) forget_launch();  // of an earlier freeze
  facts = call(agent_names, "freeze_launch");
  if (facts == nullptr) give_up("the agent could not collect what a launch needs");
  const auto get = [](const char* name) { return python.PyDict_GetItemString(facts, name); };
  frozen.environ = get("environ");
  frozen.arguments = get("argv");
  frozen.command_line = get("orig_argv");
  frozen.program_name = get("program_name");
  frozen.path = get("path");
  frozen.renewals = get("renewals");
  frozen.hooks = get("hooks");
  note_tls_contexts(get("tls_contexts"),
                    python.PyBytes_AsString(python.PyUnicode_EncodeFSDefault(get("tls_library"))));
  frozen.after_restore = get("after_restore");
  note_seekable_streams(get("seekable_streams"));
  frozen.flags = get("flags");
  frozen.dont_write_bytecode = python.PyLong_AsLong(get("flag_dont_write_bytecode"));
  frozen.quiet = python.PyLong_AsLong(get("flag_quiet"));
  frozen.counts_quiet = python.PyLong_AsLong(get("counts_quiet")) != 0;
  find_flag_variables();
  frozen.seeds_remain = python.PyLong_AsLong(get("seeds")) != 0;
  frozen.adds_directory = python.PyLong_AsLong(get("adds_directory")) != 0;
  frozen.reads_environment = python.PyLong_AsLong(get("reads_environment")) != 0;
  const char* zone = getenv("TZ");
  frozen_system_zone = system_zone();
  strncpy(frozen_time_zone, zone == nullptr ? "" : zone, sizeof frozen_time_zone - 1);
}

bool frozen_reads_environment() { return frozen.reads_environment; }

void forget_launch() { python.PyDict_Clear(facts); }

LaunchPlan launch(const format::LaunchRequest& request) {
  // 1. What any Python code may look at: environment and streams.
  renew_environment();
  renew_time_zone();
  apply_options(request);
  if ((request.flags & format::kFreezesAgain) == 0) adapt_streams(request.flags);
  respect_ignored_signals();
  if ((request.flags & format::kExplain) != 0) explain_publishing();

  // 2. Fresh state. No code of the program's or of other packages has run yet.
  renew_modules();

  // 3. At-fork hooks of imported packages, which may draw random numbers and write to streams.
  run_hooks();

  // 4. The program's arguments and search path.
  const LaunchPlan plan = plan_program(request);
  expect_present_names();
  return plan;
}

bool has_restore_hooks() { return python.PyTuple_Size(frozen.after_restore) != 0; }

bool run_restore_hooks() {
  for (long i = 0; i < python.PyTuple_Size(frozen.after_restore); ++i) {
    PyObject* hook = python.PyTuple_GetItem(frozen.after_restore, i);
    PyObject* result = python.PyObject_CallFunctionObjArgs(hook, nullptr);
    if (result == nullptr) return false;
    python.Py_DecRef(result);
  }
  return true;
}

}  // namespace pysnap::agent
