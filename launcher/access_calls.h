// The system calls by which a process reaches files by name, and what each does with them; and the
// one that asks where relative names begin.
#pragma once

#include <sys/syscall.h>

#include <cstdint>

namespace pysnap::launcher {

enum class Access : uint8_t {
  kLookUp,    // asks what is there
  kOpen,      // as its flags say
  kOpenHow,   // the same, in a struct open_how (openat2(2))
  kChange,    // makes, replaces or removes it
  kAskWhere,  // names no file: asks for the working directory
};

inline constexpr int kNone = -1;

// Numbers of arguments; a call with two paths has two records. A path without a directory argument
// counts from the working directory.
struct WatchedCall {
  int number;
  Access access;
  int directory;
  int path;
  int flags = kNone;  // of an open; elsewhere those that may have AT_EMPTY_PATH
};

// execve(2) is not among them: a program that an import starts is not part of the image.
inline constexpr WatchedCall kWatchedCalls[] = {
    {SYS_open, Access::kOpen, kNone, 0, 1},    {SYS_openat, Access::kOpen, 0, 1, 2},
    {SYS_openat2, Access::kOpenHow, 0, 1, 2},  {SYS_stat, Access::kLookUp, kNone, 0},
    {SYS_lstat, Access::kLookUp, kNone, 0},    {SYS_newfstatat, Access::kLookUp, 0, 1, 3},
    {SYS_statx, Access::kLookUp, 0, 1, 2},     {SYS_access, Access::kLookUp, kNone, 0},
    {SYS_faccessat, Access::kLookUp, 0, 1},    {SYS_faccessat2, Access::kLookUp, 0, 1},
    {SYS_readlink, Access::kLookUp, kNone, 0}, {SYS_readlinkat, Access::kLookUp, 0, 1},
    {SYS_creat, Access::kChange, kNone, 0},    {SYS_truncate, Access::kChange, kNone, 0},
    {SYS_mkdir, Access::kChange, kNone, 0},    {SYS_mkdirat, Access::kChange, 0, 1},
    {SYS_mknod, Access::kChange, kNone, 0},    {SYS_mknodat, Access::kChange, 0, 1},
    {SYS_rmdir, Access::kChange, kNone, 0},    {SYS_unlink, Access::kChange, kNone, 0},
    {SYS_unlinkat, Access::kChange, 0, 1},     {SYS_symlink, Access::kChange, kNone, 1},
    {SYS_symlinkat, Access::kChange, 1, 2},    {SYS_link, Access::kChange, kNone, 1},
    {SYS_linkat, Access::kChange, 2, 3},       {SYS_rename, Access::kChange, kNone, 0},
    {SYS_rename, Access::kChange, kNone, 1},   {SYS_renameat, Access::kChange, 0, 1},
    {SYS_renameat, Access::kChange, 2, 3},     {SYS_renameat2, Access::kChange, 0, 1},
    {SYS_renameat2, Access::kChange, 2, 3},    {SYS_getcwd, Access::kAskWhere, kNone, 0},
};

// The calls by which a process learns of chance, time and host.
inline constexpr int kInputCalls[] = {SYS_getrandom, SYS_clock_gettime, SYS_gettimeofday, SYS_time,
                                      SYS_uname};

}  // namespace pysnap::launcher
