// The script of `pysnap build --script`: it runs while the image is made, freezes where it calls
// pysnap.checkpoint(), and returns from there in every launch.
//
// Invariant: a process freezes in checkpoint() exactly when it is the one that `freezing` names:
// the boot of a script, or a launch with kFreezesAgain. Children that the script forks inherit the
// name and are not it; launches name nobody. Nothing above a launch's own stack is kept across a
// freeze: `request_of_launch` is set anew by each launch.
//
// The C and Python frames between the door and that call are part of the image. A launch does its
// own work on the stack below them, as every launch does, and then jumps to the point that was
// saved before the freeze. setjmp(3) would not do: the C library mangles what it saves, and the
// jump comes from another stack. What it leaves out holds here, too: the signal mask is the
// launch's, the floating-point control words were given back by the restorer.
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/environment.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

// What a called function must preserve (x86-64 psABI 3.2.1), and where the caller goes on.
struct SavePoint {
  uint64_t rbx, rbp, r12, r13, r14, r15;
  uint64_t stack_pointer;
  uint64_t instruction_pointer;
};

SavePoint save_point;
const format::LaunchRequest* request_of_launch = nullptr;
int control = -1;
PyObject* script = nullptr;  // its path
pid_t freezing = 0;          // freezes at its next checkpoint; 0: nobody

pid_t own_process() { return static_cast<pid_t>(syscall(SYS_getpid)); }

}  // namespace

extern "C" {
// Returns 0; and once more, 1, for each jump.
__attribute__((returns_twice, visibility("hidden"))) int pysnap_save(SavePoint* point);
[[noreturn]] __attribute__((visibility("hidden"))) void pysnap_jump(const SavePoint* point);
}

static_assert(offsetof(SavePoint, instruction_pointer) == 56);
__asm__(R"(
        .text
        .hidden pysnap_save, pysnap_jump
        .globl  pysnap_save
        .type   pysnap_save, @function
pysnap_save:
        mov     %rbx, (%rdi)
        mov     %rbp, 8(%rdi)
        mov     %r12, 16(%rdi)
        mov     %r13, 24(%rdi)
        mov     %r14, 32(%rdi)
        mov     %r15, 40(%rdi)
        lea     8(%rsp), %rdx
        mov     %rdx, 48(%rdi)
        mov     (%rsp), %rdx
        mov     %rdx, 56(%rdi)
        xor     %eax, %eax
        ret
        .size   pysnap_save, . - pysnap_save

        .globl  pysnap_jump
        .type   pysnap_jump, @function
pysnap_jump:
        mov     (%rdi), %rbx
        mov     8(%rdi), %rbp
        mov     16(%rdi), %r12
        mov     24(%rdi), %r13
        mov     32(%rdi), %r14
        mov     40(%rdi), %r15
        mov     48(%rdi), %rsp
        mov     $1, %eax
        jmp     *56(%rdi)
        .size   pysnap_jump, . - pysnap_jump
)");

namespace {

// A launch has become this call's process: the user's hooks, then the program.
PyObject* return_into_program() {
  set_signal_mask(request_of_launch->signal_mask);
  return run_restore_hooks() ? python.PyBool_FromLong(1) : nullptr;
}

// pysnap.checkpoint() of the script. Not inlined and without variables of its own across the save:
// it is left by one process and returned into by many.
PyObject* checkpoint(PyObject*, PyObject*) {
  if (freezing == 0) return python.PyBool_FromLong(1);
  PyObject* objection = call(agent_names, "objection_to_checkpoint");
  if (objection == nullptr) return nullptr;
  if (objection != python.none()) {
    python.PyErr_SetObject(*python.PyExc_RuntimeError, objection);
    python.Py_DecRef(objection);
    return nullptr;
  }
  python.Py_DecRef(objection);
  if (pysnap_save(&save_point) == 0) freeze(control, save_point.stack_pointer);
  return return_into_program();
}

MethodDefinition method = {"checkpoint", reinterpret_cast<void*>(&checkpoint), kMethodNone,
                           nullptr};

// From here on the next call of checkpoint() freezes this process.
void await_checkpoint(int control_descriptor, PyObject* path) {
  control = control_descriptor;
  script = path;
  freezing = own_process();
  PyObject* function = python.PyCFunction_NewEx(&method, nullptr, nullptr);
  if (function == nullptr || call(agent_names, "offer_checkpoint", function) == nullptr)
    give_up("the script's checkpoint could not be offered");
}

void await_next_checkpoint(const format::LaunchRequest& request, PyObject* path) {
  const int descriptor = static_cast<int>(request.control);
  note_start_environment();
  if (call(agent_names, "begin_again", python.PyLong_FromLong(descriptor), path) == nullptr) {
    python.PyErr_Print();
    give_up("the launched program could not be made ready for another image");
  }
  expect_present_names();
  await_checkpoint(descriptor, path);
}

// What ran has ended, with a result or with an error that is set: too early when this process was
// to be frozen.
void refuse_early_end() {
  if (freezing != own_process()) return;
  call(agent_names, "report_end_of_script", script, take_error());
  give_up("the end of the script could not be reported");
}

// Returns into the end in every launch, in children that the script forks, and, too early, while
// the image is made.
[[noreturn]] void run_to_end() {
  PyObject* result = run_script(script);
  refuse_early_end();
  exit(end_script(result, request_of_launch == nullptr ? 0 : request_of_launch->flags));
}

[[noreturn]] void give_up_script(const char* path) {
  char sentence[PATH_MAX + 64];
  snprintf(sentence, sizeof sentence, "%s is no plain script; --script takes one file", path);
  give_up(sentence);
}

}  // namespace

[[noreturn]] void build_script(int control_descriptor, PyObject* path) {
  await_checkpoint(control_descriptor, path);
  run_to_end();
}

[[noreturn]] void continue_script(const format::LaunchRequest& request) {
  request_of_launch = &request;
  freezing = 0;
  launch(request);
  if ((request.flags & format::kFreezesAgain) != 0) await_next_checkpoint(request, script);
  pysnap_jump(&save_point);
}

// The launch's request is not used where the script has run: that may be in a launch of the new
// image.
[[noreturn]] void launch_script_to_freeze(const format::LaunchRequest& request) {
  request_of_launch = &request;
  const LaunchPlan plan = launch(request);
  if (plan.manner != format::ProgramKind::kScript) give_up_script(request.program);
  await_next_checkpoint(request, plan.target);
  set_signal_mask(request.signal_mask);
  if (!run_restore_hooks()) refuse_early_end();
  run_to_end();
}

}  // namespace pysnap::agent
