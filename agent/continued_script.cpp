// The script of `pysnap build --script`: it runs while the image is made, freezes where it calls
// pysnap.checkpoint(), and returns from there in every launch.
//
// The C and Python frames between the door and that call are part of the image. A launch does its
// own work on the stack below them, as every launch does, and then jumps to the point that was
// saved before the freeze. setjmp(3) would not do: the C library mangles what it saves, and the
// jump comes from another stack. What it leaves out holds here, too: the signal mask is the
// launch's, the floating-point control words were given back by the restorer.
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"

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
  if (request_of_launch != nullptr) return python.PyBool_FromLong(1);
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

}  // namespace

[[noreturn]] void build_script(int control_descriptor, PyObject* path) {
  control = control_descriptor;
  const pid_t process = static_cast<pid_t>(syscall(SYS_getpid));
  PyObject* function = python.PyCFunction_NewEx(&method, nullptr, nullptr);
  if (function == nullptr || call(agent_names, "offer_checkpoint", function) == nullptr)
    give_up("the script's checkpoint could not be offered");
  // Returns in every launch, in children that the script forks, and, too early, in the build.
  PyObject* result = run_script(path);
  if (request_of_launch == nullptr && process == static_cast<pid_t>(syscall(SYS_getpid))) {
    call(agent_names, "report_end_of_script", path, take_error());
    give_up("the end of the script could not be reported");
  }
  exit(end_script(result, request_of_launch == nullptr ? 0 : request_of_launch->flags));
}

[[noreturn]] void continue_script(const format::LaunchRequest& request) {
  request_of_launch = &request;
  launch(request);
  pysnap_jump(&save_point);
}

}  // namespace pysnap::agent
