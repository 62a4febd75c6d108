// OpenMP pools before the fork.
//
// GNU libgomp keeps its worker threads for the next parallel region and does not notice a fork: the
// child would wait for threads that are gone. OpenMP 5.0 has a call that gives the pool up until
// the next region makes a new one; libgomp has it since GCC 9, LLVM's libomp since version 9. The
// wheels of scikit-learn carry an older libgomp: there, a pool that exists is refused. A pool
// exists when a parallel region has run, which an import alone hardly ever does.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

using PauseFunction = int (*)(int);
constexpr int kPauseHard = 2;  // omp_pause_hard, OpenMP 5.0 section 3.2.44

struct CodeRange {
  uintptr_t begin;
  uintptr_t end;
};

CodeRange code_of(const struct dl_phdr_info& info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    return {begin, begin + segment.p_memsz};
  }
  return {0, 0};
}

// Where a waiting thread made its system call: the last field of /proc/self/task/TID/syscall
// (proc_pid_syscall(5)). 0 while the thread runs.
uintptr_t waiting_place(const char* thread) {
  char path[64];
  char text[256];
  snprintf(path, sizeof path, "/proc/self/task/%.20s/syscall", thread);
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  const ssize_t size = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  text[size > 0 ? size : 0] = 0;
  const char* last = strrchr(text, ' ');
  return last == nullptr ? 0 : strtoul(last, nullptr, 16);
}

// libgomp's workers wait in system calls of its own code; they spin for some milliseconds first.
bool has_workers(const CodeRange& code) {
  constexpr int kTries = 10;
  constexpr useconds_t kPause = 10000;
  for (int i = 0; i < kTries; ++i) {
    DIR* threads = opendir("/proc/self/task");
    if (threads == nullptr) return true;  // unknown: better refused than hung
    bool found = false;
    while (const struct dirent* entry = readdir(threads)) {
      const uintptr_t place = entry->d_name[0] == '.' ? 0 : waiting_place(entry->d_name);
      found = found || (place >= code.begin && place < code.end);
    }
    closedir(threads);
    if (found) return true;
    usleep(kPause);
  }
  return false;
}

// Counts the threads of the process; one has no pool.
bool is_single_threaded() {
  DIR* threads = opendir("/proc/self/task");
  if (threads == nullptr) return false;
  int count = 0;
  while (const struct dirent* entry = readdir(threads)) count += entry->d_name[0] != '.';
  closedir(threads);
  return count == 1;
}

int pause_library(struct dl_phdr_info* info, size_t, void* refused) {
  const char* slash = strrchr(info->dlpi_name, '/');
  const char* name = slash == nullptr ? info->dlpi_name : slash + 1;
  if (strncmp(name, "libgomp", 7) != 0 && strncmp(name, "libomp", 6) != 0) return 0;
  void* library = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return 0;
  const auto pause = reinterpret_cast<PauseFunction>(dlsym(library, "omp_pause_resource_all"));
  const bool paused = pause != nullptr && pause(kPauseHard) == 0;
  if (!paused && has_workers(code_of(*info))) *static_cast<const char**>(refused) = name;
  dlclose(library);
  return 0;
}

}  // namespace

void pause_openmp() {
  if (is_single_threaded()) return;
  const char* refused = nullptr;
  dl_iterate_phdr(pause_library, &refused);
  if (refused == nullptr) return;
  static char sentence[512];
  snprintf(sentence, sizeof sentence,
           "the worker threads of the OpenMP library %s cannot be frozen: an import or the warm-up "
           "has run a parallel region; leave that to the first use",
           refused);
  refuse(sentence);
}

}  // namespace pysnap::agent
