// From the door to the frozen process: prepare, fork, freeze.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/clean_memory.h"
#include "agent/embedded_python.h"
#include "agent/environment.h"
#include "agent/free_memory.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

format::AgentState agent_state = {};

void bind_python() {
  const char* missing = python.bind();
  if (missing == nullptr) return;
  char sentence[256];
  snprintf(sentence, sizeof sentence, "the interpreter lacks %s of CPython's C API", missing);
  give_up(sentence);
}

// The agent's Python half lives in a module that is not in sys.modules: the program cannot see it.
PyObject* load_agent_names() {
  PyObject* module = python.PyModule_New("_pysnap_agent");
  PyObject* names = python.PyModule_GetDict(module);
  python.PyDict_SetItemString(names, "__builtins__", python.PyEval_GetBuiltins());
  add_publish_helpers(names);
  for (const EmbeddedSource& source : embedded_sources()) {
    PyObject* code = python.Py_CompileString(source.text, source.name, kFileInput);
    PyObject* result = code == nullptr ? nullptr : python.PyEval_EvalCode(code, names, names);
    if (result == nullptr) {
      python.PyErr_Print();
      give_up("the agent's Python part does not run in this interpreter");
    }
  }
  return names;
}

// A sentence for the builder's records.
void tell_notice(int control_descriptor, const char* sentence) {
  char record[256];
  const int size = snprintf(record, sizeof record, "notice\x1f%s\x1e", sentence);
  if (write(control_descriptor, record, static_cast<size_t>(size)) != size) _exit(1);
}

// Values of the builder's environment that nobody uses any more: bytes, and texts, which lie in the
// object's own memory where they are ASCII.
void wipe_values(PyObject* list) {
  for (long i = 0; i < python.PyList_Size(list); ++i) {
    PyObject* value = python.PyList_GetItem(list, i);
    long size = python.PyBytes_Size(value);
    const char* content = size >= 0 ? python.PyBytes_AsString(value) : nullptr;
    if (size < 0) {
      python.PyErr_Clear();
      content = python.PyUnicode_AsUTF8AndSize(value, &size);
    }
    if (content == nullptr)
      python.PyErr_Clear();
    else
      explicit_bzero(const_cast<char*>(content), static_cast<size_t>(size));
  }
}

// The last Python code of the boot, and what has to be done before and after its gc.freeze().
void settle() {
  prepare_last_state();
  guard_late_starts();
  PyObject* unused = call(agent_names, "settle");
  if (unused == nullptr) give_up("collecting garbage failed");
  wipe_values(unused);
  hide_prepared_classes();
  return_main_to_collector();
  let_program_see_frozen_objects();
  find_finalizing();
}

// Frames that will be gone on with hold the canary of the boot.
StackCanary plan_stack_canary(int control_descriptor) {
  PyObject* suspended = call(agent_names, "suspended_frames");
  if (suspended == nullptr) give_up("the agent could not look for suspended frames");
  if (python.PyObject_IsTrue(suspended) == 0) return StackCanary::kRenewed;
  char sentence[128];
  snprintf(sentence, sizeof sentence, "%s: all launches of this image share the stack canary",
           python.PyBytes_AsString(suspended));
  tell_notice(control_descriptor, sentence);
  return StackCanary::kKept;
}

void plan_guards(int control_descriptor, uintptr_t frame, StackCanary canary) {
  if (note_guards(frame, canary)) return;
  tell_notice(control_descriptor,
              "the C library keeps function pointers whose place is not known: all launches of "
              "this image share its pointer guard");
}

void report_frozen(int control_descriptor) {
  char record[128];
  const int size =
      snprintf(record, sizeof record, "frozen\x1f%d\x1f%lx\x1e", static_cast<int>(getpid()),
               reinterpret_cast<unsigned long>(&agent_state));
  if (write(control_descriptor, record, static_cast<size_t>(size)) != size) _exit(1);
}

// Waits to be read and killed. Descriptors do not travel, so the socket need not be closed.
[[noreturn]] void stay_frozen(int control_descriptor) {
  char byte;
  while (read(control_descriptor, &byte, 1) > 0) {
  }
  _exit(0);  // the builder is gone
}

}  // namespace

PyObject* agent_names = nullptr;

PyObject* call(PyObject* names, const char* function, PyObject* a, PyObject* b, PyObject* c) {
  PyObject* callable = python.PyDict_GetItemString(names, function);
  return python.PyObject_CallFunctionObjArgs(callable, a, b, c, nullptr);
}

[[noreturn]] void prepare_and_freeze(int control_descriptor, uintptr_t frame) {
  bind_python();
  note_start_environment();
  find_command_line();
  begin_running_main();
  watch_native_end();
  agent_names = load_agent_names();
  note_frozen_by_start();

  // Import what is to be prepared; or run the script that an image is made of.
  PyObject* script = call(agent_names, "prepare", python.PyLong_FromLong(control_descriptor));
  if (script == nullptr) {
    python.PyErr_Print();
    give_up("preparing the interpreter failed");
  }
  if (script != python.none()) build_script(control_descriptor, script);
  // Below the frames that led to the door, which are never returned into.
  freeze(control_descriptor, frame);
}

[[noreturn]] void freeze(int control_descriptor, uintptr_t frame) {
  // 1. The user's hooks, the search for what cannot be frozen, the rehearsal of a launch.
  note_changed_names();
  if (call(agent_names, "conclude") == nullptr) {
    python.PyErr_Print();
    give_up("preparing the interpreter failed");
  }
  note_native_generators();
  note_native_end();
  note_generators();
  note_modules();

  // 2. Hide what was prepared: from here on sys.modules is what it was after start-up.
  if (call(agent_names, "hide") == nullptr) {
    python.PyErr_Print();
    give_up("the prepared modules cannot be hidden");
  }
  hide_prepared_modules();
  prepare_launch();
  settle();
  const StackCanary canary = plan_stack_canary(control_descriptor);
  fflush(nullptr);

  // 3. Shed threads: the child of a fork has one, and every library that survives fork() is whole.
  pause_openmp();
  python.PyOS_BeforeFork();
  const pid_t child = fork();
  if (child < 0) give_up("the interpreter could not fork");
  if (child > 0) {
    waitpid(child, nullptr, 0);
    _exit(0);
  }

  // 4. The child's half of the fork, as far as it makes locks new; the rest runs at each launch.
  python.PyOS_AfterFork_Child();
  if (call(agent_names, "restore_hooks") == nullptr)
    give_up("the interpreter's at-fork hooks could not be put back");

  // 5. Freeze. Nothing of Python runs between here and the launch.
  forget_environment();
  end_clean_memory();
  wipe_free_blocks();
  describe_heap(agent_state.heap);
  agent_state.magic = format::kAgentMagic;
  agent_state.resume_entry = reinterpret_cast<uint64_t>(&resume);
  // 16-byte aligned less the return address that a call would have pushed (psABI 3.2.2).
  constexpr uintptr_t kRoomBelowFrame = 4096;
  agent_state.resume_stack_pointer = ((frame - kRoomBelowFrame) & ~uintptr_t{15}) - 8;
  agent_state.frame = frame;
  read_kernel_state(agent_state.kernel);
  plan_guards(control_descriptor, frame, canary);
  report_frozen(control_descriptor);
  stay_frozen(control_descriptor);
}

}  // namespace pysnap::agent
