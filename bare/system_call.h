// System calls without libc, for code that runs while no C library may be touched: the boot stub
// (its stack is about to be replaced) and the restorer (its thread pointer belongs to nobody).
//
// Machine: x86-64 Linux. Calling convention from syscall(2): number in rax, arguments in rdi, rsi,
// rdx, r10, r8, r9; the result in rax, where -4095..-1 is a negated errno.
#pragma once

#include <linux/time_types.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

namespace pysnap::bare {

// What a system call gave: a value, or a negated errno. Never throws, never sets errno.
struct SystemResult {
  long raw;

  constexpr bool failed() const { return raw < 0 && raw >= -4095; }
  constexpr int error() const { return failed() ? static_cast<int>(-raw) : 0; }
};

inline SystemResult system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                long e = 0, long f = 0) {
  long result = number;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return {result};
}

template <typename T>
long as_word(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

inline SystemResult write(int descriptor, const void* bytes, size_t size) {
  return system_call(SYS_write, descriptor, as_word(bytes), static_cast<long>(size));
}

inline SystemResult open_read_only(const char* path) {
  constexpr long kAtCurrentDirectory = -100;
  constexpr long kCloseOnExec = 02000000;
  constexpr long kNonBlocking = 04000;  // or a named pipe would wait for its writer (fifo(7))
  return system_call(SYS_openat, kAtCurrentDirectory, as_word(path), kCloseOnExec | kNonBlocking);
}

inline SystemResult read_at(int descriptor, void* bytes, size_t size, uint64_t offset) {
  return system_call(SYS_pread64, descriptor, as_word(bytes), static_cast<long>(size),
                     static_cast<long>(offset));
}

// Reads from an offset of a file on; fewer bytes at its end or at an error.
inline uint64_t read_from(int descriptor, uint64_t offset, char* bytes, uint64_t size) {
  uint64_t done = 0;
  while (done < size) {
    const SystemResult got = read_at(descriptor, bytes + done, size - done, offset + done);
    if (got.raw <= 0) break;
    done += static_cast<uint64_t>(got.raw);
  }
  return done;
}

inline uint64_t read_front(int descriptor, char* bytes, uint64_t size) {
  return read_from(descriptor, 0, bytes, size);
}

inline SystemResult close(int descriptor) { return system_call(SYS_close, descriptor); }

inline SystemResult map(uint64_t address, uint64_t size, int protection, int flags, int descriptor,
                        uint64_t offset) {
  return system_call(SYS_mmap, static_cast<long>(address), static_cast<long>(size), protection,
                     flags, descriptor, static_cast<long>(offset));
}

inline SystemResult move_mapping(uint64_t from, uint64_t size, uint64_t to) {
  constexpr long kMayMoveFixed = 1 | 2;  // MREMAP_MAYMOVE | MREMAP_FIXED, mremap(2)
  return system_call(SYS_mremap, static_cast<long>(from), static_cast<long>(size),
                     static_cast<long>(size), kMayMoveFixed, static_cast<long>(to));
}

// Gives private pages copies of their own, before they fault one by one.
inline SystemResult copy_pages(uint64_t address, uint64_t size) {
  constexpr long kPopulateWrite = 23;  // MADV_POPULATE_WRITE, Linux 5.14
  return system_call(SYS_madvise, static_cast<long>(address), static_cast<long>(size),
                     kPopulateWrite);
}

[[noreturn]] inline void exit_process(int status) {
  for (;;) system_call(SYS_exit_group, status);
}

}  // namespace pysnap::bare
