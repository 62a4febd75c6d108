// getpid() as native libraries see it.
//
// OpenSSL, the AWS runtime and others reseed their random generators when getpid() changes since
// they last looked. In a container the launched process often has the very pid the booted one had,
// and two launches would draw the same numbers. So while the image is being made, libraries that
// were loaded after start-up are told a pid that no process can have (the kernel's PID_MAX_LIMIT is
// 2^22, include/linux/threads.h): in a launch the pid has changed for every one of them. A launch
// that is frozen again tells them another such pid than its image was made under: it has changed
// there, too.
// The interpreter itself (os.getpid) and the libraries it is linked with are told the truth.
#include <link.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

constexpr int kImpossibleProcess = 0x3ffffffe;
constexpr int kMostLibraries = 128;

struct Range {
  uintptr_t begin;
  uintptr_t end;
};

Range start_libraries[kMostLibraries];
int start_library_count = 0;
bool is_impossible = false;           // what is told
int impossible = kImpossibleProcess;  // of this image

int note_library(struct dl_phdr_info* info, size_t, void*) {
  Range range = {UINTPTR_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (begin < range.begin) range.begin = begin;
    if (begin + segment.p_memsz > range.end) range.end = begin + segment.p_memsz;
  }
  if (range.end != 0 && start_library_count < kMostLibraries)
    start_libraries[start_library_count++] = range;
  return 0;
}

bool in_start_library(uintptr_t address) {
  for (int i = 0; i < start_library_count; ++i) {
    if (address >= start_libraries[i].begin && address < start_libraries[i].end) return true;
  }
  return false;
}

}  // namespace

void note_start_libraries() {
  dl_iterate_phdr(note_library, nullptr);
  is_impossible = true;
}

void begin_true_process_id() { is_impossible = false; }

void begin_other_impossible_process_id() {
  impossible = impossible == kImpossibleProcess ? kImpossibleProcess - 1 : kImpossibleProcess;
  is_impossible = true;
}

int impossible_process_id() { return impossible; }

}  // namespace pysnap::agent

extern "C" __attribute__((visibility("default"))) pid_t getpid() noexcept {
  using namespace pysnap::agent;
  const uintptr_t caller = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  if (is_impossible && !in_start_library(caller)) return impossible;
  return static_cast<pid_t>(syscall(SYS_getpid));
}
