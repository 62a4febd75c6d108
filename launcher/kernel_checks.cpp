#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <span>

#include "format/image_format.h"
#include "launcher/machine_checks.h"
#include "snapshot/process_memory.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::Result;
using support::Status;

constexpr const char* kNoFork = "a process cannot be started";

// The answer of a function that changes its process for good, so a child asks it; -1 when there is
// no child.
int ask_in_child(int (*question)()) {
  const pid_t child = ::fork();
  if (child < 0) return -1;
  if (child == 0) ::_exit(question());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Finding check_version() {
  utsname names = {};
  ::uname(&names);
  int major = 0;
  int minor = 0;
  std::sscanf(names.release, "%d.%d", &major, &minor);
  const std::string found = fmt::format("Linux {}", names.release);
  const int version = major * 1000 + minor;
  if (version < 5011)
    return bad("kernel", found,
               "the interpreter would inherit what the builder's caller left open "
               "(close_range(2) with CLOSE_RANGE_CLOEXEC is of 5.11)",
               "use Linux 5.11 or newer");
  if (version < 5014)
    return note("kernel", found,
                "launches copy the pages they write one by one (MADV_POPULATE_WRITE is of 5.14)",
                "use Linux 5.14 or newer");
  return good("kernel", found);
}

Finding check_proc() {
  const Result<std::string> maps = support::read_text("/proc/self/maps");
  if (maps && !maps->empty()) return good("/proc", "mounted");
  return bad("/proc", maps ? "/proc/self/maps is empty" : maps.error().sentence,
             "pysnap finds its own parts and reads frozen processes through /proc",
             "mount it: mount -t proc proc /proc");
}

// Answers of use_seccomp().
enum SeccompAnswer : int { kNoFilter = 1, kFilterIsIgnored, kNoNotification, kAllOfSeccomp };

int install_filter(uint32_t action, unsigned flags) {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // seccomp_data.nr
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {sizeof rules / sizeof rules[0], rules};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

// As the boot stub does, but for a call that nobody misses.
int use_seccomp() {
  constexpr uint32_t kAnswer = ENOTNAM;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      install_filter(SECCOMP_RET_ERRNO | kAnswer, 0) != 0)
    return kNoFilter;
  if (::syscall(SYS_getpgid, 0) != -1 || errno != static_cast<int>(kAnswer))
    return kFilterIsIgnored;
  // EBUSY where somebody listens already: there can be one listener in a process.
  if (install_filter(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0)
    return kNoNotification;
  return kAllOfSeccomp;
}

Findings check_seccomp() {
  const int answer = ask_in_child(use_seccomp);
  if (answer != kNoNotification && answer != kAllOfSeccomp)
    return {bad("seccomp filters",
                answer == -1          ? kNoFork
                : answer == kNoFilter ? "the kernel does not take one"
                                      : "a filter has no effect",
                "`pysnap build` cannot boot an interpreter",
                "use a kernel with CONFIG_SECCOMP_FILTER; in a container, allow seccomp(2)")};
  if (answer == kNoNotification)
    return {good("seccomp filters", "work"),
            note("seccomp notification", "the kernel does not give it, or somebody listens already",
                 "which files an import looks up cannot be observed",
                 "use Linux 5.5 or newer; in a container, allow seccomp(2) with a listener")};
  return {good("seccomp filters", "work"), good("seccomp notification", "works")};
}

// Differs between child and parent while the memory of the child is read.
volatile uint64_t marker = 0;
constexpr uint64_t kMarker = 0x7079736e61700000;

Status read_marker_of(pid_t child) {
  const Result<snapshot::ProcessMemory> memory = snapshot::ProcessMemory::open(child);
  if (!memory) return support::fail(memory.error());
  const uint64_t address = reinterpret_cast<uint64_t>(&marker);
  uint64_t value = 0;
  const Status read = memory->read(address, std::as_writable_bytes(std::span(&value, 1)));
  if (!read) return read;
  const uint64_t page = address / format::kPageSize * format::kPageSize;
  const auto states = memory->page_states(page, format::kPageSize);
  if (!states) return support::fail(states.error());
  const Result<std::string> mappings = support::read_text(fmt::format("/proc/{}/smaps", child));
  if (!mappings) return support::fail(mappings.error());
  if (value == kMarker && states->front() == snapshot::PageState::kOwn && !mappings->empty())
    return {};
  return support::fail(Error::because(support::ErrorKind::kFailed,
                                      "what /proc says of a child of this process is not true"));
}

// What snapshot/capture.cpp does to a frozen process.
Finding check_child_memory() {
  constexpr const char* kName = "memory of a child";
  marker = kMarker;
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  marker = 0;
  if (child < 0)
    return bad(kName, kNoFork, "`pysnap build` cannot boot an interpreter", "end some processes");
  const Status read = read_marker_of(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  if (read) return good(kName, "can be read");
  return bad(
      kName, read.error().sentence, "`pysnap build` cannot capture the frozen process",
      "allow ptrace(2) of own children (Yama's scope 0 or 1, or the container's profile), and "
      "let pysnap be readable for the user who runs it");
}

Finding check_command_line() {
  constexpr const char* kName = "command line for ps";
  unsigned size = 0;
  if (::prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0 && size != 0)
    return good(kName, "can be set");
  return note(kName, "cannot be set (prctl(2), PR_SET_MM_MAP)",
              "ps and top show the command line of pysnap-run instead of Python's",
              "use a kernel with CONFIG_CHECKPOINT_RESTORE");
}

Finding check_huge_pages() {
  constexpr const char* kName = "huge pages";
  const Result<std::string> text =
      support::read_text("/sys/kernel/mm/transparent_hugepage/enabled");
  if (!text) return good(kName, "the kernel does not make them by itself");
  const size_t open = text->find('[');
  const size_t close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open)
    return note(kName, "/sys/kernel/mm/transparent_hugepage/enabled cannot be understood",
                "whether launches get huge pages is not known", "look at it");
  const std::string setting = text->substr(open + 1, close - open - 1);
  if (setting != "always") return good(kName, setting);
  return note(kName, setting,
              "the first write to 2 MiB of fresh memory clears all of it: launches can take longer "
              "and more memory",
              "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

Finding check_overcommit() {
  constexpr const char* kName = "memory accounting";
  const Result<std::string> text = support::read_text("/proc/sys/vm/overcommit_memory");
  if (!text)
    return note(kName, text.error().sentence, "whether memory can run out early is not known",
                "mount /proc");
  if (!text->starts_with("2")) return good(kName, "memory may be promised before it is there");
  return note(
      kName, "strict (vm.overcommit_memory = 2)",
      "each launch reserves all memory that its image may write; where there is not so much, "
      "plain Python runs",
      "sysctl vm.overcommit_memory=0, or more swap");
}

}  // namespace

Findings check_kernel() {
  Findings findings = {check_version(), check_proc()};
  for (Finding& finding : check_seccomp()) findings.push_back(std::move(finding));
  findings.push_back(check_child_memory());
  findings.push_back(check_command_line());
  findings.push_back(check_overcommit());
  findings.push_back(check_huge_pages());
  return findings;
}

}  // namespace pysnap::launcher
