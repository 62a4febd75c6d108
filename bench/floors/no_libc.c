// The least that a process can be: two system calls and no C library. With an argument it waits
// for the end of its input, as hello.c does.
#include <asm/unistd.h>

static long system_call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
}

__attribute__((noreturn, used)) static void start(const long* initial_stack) {
  static const char text[] = "hello\n";
  char byte;
  system_call(__NR_write, 1, (long)text, sizeof text - 1);
  if (initial_stack[0] > 1) system_call(__NR_read, 0, (long)&byte, 1);
  for (;;) system_call(__NR_exit_group, 0, 0, 0);
}

// The kernel enters with the argument count at the top of the stack and no return address.
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call start\n");
