// The agent: code inside the booted interpreter, before and after the freeze.
//
// Before: door -> prepare (Python, agent/python/prepare.py) -> checkpoint -> frozen.
// After:  the restorer jumps to `resume`, which never returns: fresh native state -> launch
// (environment, streams, fresh Python state, at-fork child hooks, arguments) -> the program ->
// finish -> exit.
//
// A launch that is frozen again does both: resume -> launch -> begin_again (agent/python/again.py)
// -> the program -> checkpoint -> frozen. What the first freeze left behind is made anew there:
// every list and every pointer that a launch uses is of the last freeze.
//
// Each launch is a fork child of the boot: the process freezes right after the fork, and every
// at-fork child hook runs exactly once, before the freeze or at each launch
// (agent/python/fork_hooks.py).
#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/python_api.h"
#include "format/agent_contract.h"

namespace pysnap::agent {

// Names the descriptor of the control socket; removed from the environment on sight.
inline constexpr const char* kControlVariable = "PYSNAP_CONTROL_DESCRIPTOR";

// Reports one sentence to the builder and ends the process: something failed, or policy says no.
[[noreturn]] void give_up(const char* sentence);
[[noreturn]] void refuse(const char* sentence);

// The control socket of this process; -1: it has none.
void listen_to_builder(int descriptor);

// The steps from the door to the frozen process. `frame`: address of the door's stack frame; a
// resumed process uses the stack below it.
[[noreturn]] void prepare_and_freeze(int control_descriptor, uintptr_t frame);

// The last of these steps, from settling what Python code can still settle. A resumed process uses
// the stack below `frame`.
[[noreturn]] void freeze(int control_descriptor, uintptr_t frame);

// Runs a script that freezes where it calls pysnap.checkpoint(), and goes on from there in a
// launch. A launch with kFreezesAgain freezes where it calls that next; so does a script that is
// launched from an image of modules.
[[noreturn]] void build_script(int control_descriptor, PyObject* path);
[[noreturn]] void continue_script(const format::LaunchRequest& request);
[[noreturn]] void launch_script_to_freeze(const format::LaunchRequest& request);

// Remembers the address ranges of the interpreter and the libraries it is linked with.
void note_start_libraries();

// Fills `state` with what the kernel knows of the calling thread and process.
void read_kernel_state(format::KernelState& state);

// The restorer's target. On a stack of its own below the door's frame; never returns.
[[noreturn]] void resume(const format::LaunchRequest* request);

// Seeds that imports give to the C library's random numbers are looked at from here on; a launch
// replaces those that meant chance.
void watch_c_seeds();
void refresh_c_seeds();

// While an image is made, getpid() tells libraries an impossible pid (process_id.cpp). From here on
// it tells every caller the truth; or, in a launch that is frozen again, libraries another such
// pid.
void begin_true_process_id();
void begin_other_impossible_process_id();
int impossible_process_id();

// State below Python that two launches must not share: thread id, AT_RANDOM, generators of C
// libraries.
void note_native_generators();
void refresh_native_state(const format::LaunchRequest& request);

// Searches memory for what the stack canary and the pointer guard depend on. `frame`: as above.
// False when a launch will have the boot's pointer guard.
enum class StackCanary { kRenewed, kKept };
bool note_guards(uintptr_t frame, StackCanary canary);
void refresh_guards(const uint64_t (&random)[2]);

// Makes OpenMP libraries give up their worker threads, which would not survive the fork.
void pause_openmp();

// Random bytes from the kernel, all of them.
void fill_random(void* bytes, size_t size);

// Finds the state of Python's and numpy's global generators; renews it at each launch.
void note_generators();
void refresh_generators();

// Contexts of _ssl that imports made, and the file of _ssl ("": inside the interpreter); gives
// their session tickets other keys.
void note_tls_contexts(PyObject* objects, const char* library);
void refresh_tls_contexts();

// How this launch's standard descriptors differ from those the streams were frozen with: a list of
// three numbers for agent/python/streams.py, or nullptr when they do not.
PyObject* standard_stream_kinds();

// Where a descriptor can seek, sys gets a stream that was frozen for that.
void note_seekable_streams(PyObject* streams);
void use_seekable_streams();

// The command line as sub-interpreters will see it. `name`: nullptr for the image's interpreter.
void find_command_line();  // at the door, before anything changes it
void set_configured_arguments(const char* first, char** rest);
void set_configured_command_line(const char* name, char** rest);

// Collects what a launch needs, before the freeze.
void prepare_launch();

// What remains to be run after the interpreter looks freshly started.
struct LaunchPlan {
  format::ProgramKind manner;  // kModule also for a directory or archive
  PyObject* target;            // path, module name or command text; nullptr: an error is set
  bool replaces_argument;      // runpy puts the module's file into sys.argv[0]
};

// Makes the interpreter look freshly started for this program.
LaunchPlan launch(const format::LaunchRequest& request);

// Gives up what prepare_launch() collected.
void forget_launch();

// Hooks that the user registered with the package `pysnap`: the last thing before the program.
bool has_restore_hooks();
// False: one of them raised; the error is set, and those after it have not run.
bool run_restore_hooks();

// Remembers sys.modules; finalises the modules and objects that a run has made.
void note_modules();
void return_main_to_collector();  // after gc.freeze()
void let_go_of_main();            // at the end: nobody else of ours holds it
void finalize_run();
void clear_names(PyObject* names);  // of a module

// A function of a builtin module, in any calling convention of CPython's: at most four arguments;
// what a convention does not use is passed on unseen.
using Method = PyObject* (*)(PyObject*, PyObject*, PyObject*, PyObject*);
void exchange_method(PyObject* module, const char* name, Method replacement, Method& original);

// gc.get_objects() and gc.get_referrers() of a program see the frozen objects. Before the
// preparation, and after gc.freeze().
void note_frozen_by_start();
void let_program_see_frozen_objects();

// The end of objects of the run that the image's modules hold: finalisers run, buffers are written,
// suspended generators are closed. Nothing is freed.
void finalize_objects_of_run();
// Whether threads that Python started, besides the main one, are still there.
bool threads_remain();

// The main interpreter runs a program: from the door on until the program has ended.
void begin_running_main();
void end_running_main();

// At the end: sub-interpreters that the program has not ended.
void end_sub_interpreters();

// A launch that may improve its image of the cache: notes its beginning; then, while the modules
// are still there, those that the image lacks; then, when nothing of the program runs any more,
// starts the build.
void begin_improvement(const format::LaunchRequest& request);
void note_missing_modules();
void start_improvement();

// Finds out before the freeze how to say that the interpreter is ending; says so.
void find_finalizing();
void begin_finalizing();

// In 3.12: no thread is started and no process forked any more.
void guard_late_starts();
void refuse_late_starts();

// What finalisers find at the very end: no sys.path, no sys.meta_path, an empty sys.modules.
void prepare_last_state();
void leave_system_names();
void empty_modules(PyObject* modules);

// The end of a process without waking every library: register before any import, look at the loaded
// libraries before the freeze.
void watch_native_end();
void note_native_end();
// The loader ends every library, whether there is something to end or not.
void keep_native_end_whole();
// The process will stop itself (SIGSTOP) where only the empty part of its end is left.
void hold_native_end();

// Whether the program has asked for a session with a person after its end, and holds a terminal.
bool wants_session();
int run_session();                // the exit status
bool frozen_reads_environment();  // not started with -E or -I

// Runs what the request names and CPython's end of it; returns the exit status.
int run_program(const format::LaunchRequest& request);

// The same in two parts, for a script that becomes a launch on its way. The result is nullptr when
// an error is set. `flags`: those of the launch's request.
PyObject* run_script(PyObject* path);
int end_script(PyObject* result, uint32_t flags);

// The error that is set, with its traceback, or None; a new reference. No error is set after it.
PyObject* take_error();

void set_signal_mask(uint64_t mask);

// The namespace of agent/python; its module is not in sys.modules, so no program can reach it.
extern PyObject* agent_names;

// A str from bytes of the file system or the command line; a new reference.
inline PyObject* decoded(const char* text) { return python.PyUnicode_DecodeFSDefault(text); }

// Calls a function of agent/python; the error, if any, stays set and the result is nullptr.
PyObject* call(PyObject* names, const char* function, PyObject* a = nullptr, PyObject* b = nullptr,
               PyObject* c = nullptr);

}  // namespace pysnap::agent
