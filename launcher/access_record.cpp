#include "launcher/access_record.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include "format/agent_contract.h"
#include "launcher/access_calls.h"

namespace pysnap::launcher {
namespace {

using format::DependencyKind;
using support::Error;
using support::File;
using support::Result;

// Up to `size` bytes; fewer where the memory ends before, which is looked at page by page
// (process_vm_readv(2) copies whole pieces or none).
size_t read_memory(pid_t process, uint64_t address, void* bytes, size_t size) {
  constexpr uint64_t kPage = format::kPageSize;
  const size_t first = std::min<size_t>(size, kPage - address % kPage);
  struct iovec local = {bytes, size};
  struct iovec remote[2] = {{reinterpret_cast<void*>(address), first},
                            {reinterpret_cast<void*>(address + first), size - first}};
  const ssize_t got = ::process_vm_readv(process, &local, 1, remote, first < size ? 2 : 1, 0);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

std::optional<std::string> read_path(pid_t process, uint64_t address) {
  char bytes[PATH_MAX];
  const size_t got = read_memory(process, address, bytes, sizeof bytes);
  const void* end = std::memchr(bytes, 0, got);
  if (end == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(bytes), static_cast<const char*>(end));
}

// The descriptor of the directory where relative paths of a call begin, or AT_FDCWD.
int directory_of(const seccomp_data& data, const WatchedCall& watched) {
  return watched.directory == kNone ? AT_FDCWD : static_cast<int>(data.args[watched.directory]);
}

std::string base_of(pid_t process, int directory) {
  const std::string link = directory == AT_FDCWD
                               ? fmt::format("/proc/{}/cwd", process)
                               : fmt::format("/proc/{}/fd/{}", process, directory);
  std::error_code error;
  return std::filesystem::read_symlink(link, error).string();
}

// What an open does, by its flags.
struct Opening {
  bool changes;
  bool reads;
};

Opening opening_of(uint64_t flags) {
  if ((flags & O_TMPFILE) == O_TMPFILE) return {false, false};  // a file without a name
  const bool changes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  return {changes, !changes && (flags & O_PATH) == 0};
}

// A file that could still be changed without another time is known by its bytes, too.
FileState examine_before_access(const std::string& path) {
  FileState state = examine_path(path);
  if (state.kind == DependencyKind::kFile && !is_of_kernel(path) &&
      until_times_tell(state).count() != 0)
    state.digest = digest_of_file(path);
  return state;
}

enum class DirectoryUseKind { kSearchInVain, kOther };

// Puts what the kernel tells into the record.
class Listener {
 public:
  Listener(pid_t process, uint64_t ceiling, AccessedPaths& paths, BootInputs& inputs)
      : process_(process), ceiling_(ceiling), paths_(paths), inputs_(inputs) {}

  // Questions of chance and time that the process itself asks; false: the kernel is to answer.
  bool answer(const seccomp_notif& call, seccomp_notif_resp& answer) {
    const auto is_input = [&](int number) { return number == call.data.nr; };
    if (std::none_of(std::begin(kInputCalls), std::end(kInputCalls), is_input)) return false;
    if (!is_own(static_cast<pid_t>(call.pid))) return false;
    const uint64_t* words = reinterpret_cast<const uint64_t*>(call.data.args);
    struct timespec time = {};
    switch (call.data.nr) {
      case SYS_getrandom: {
        constexpr uint64_t kMost = 65536;  // of the system call: 32 MiB (getrandom(2))
        const std::vector<std::byte> bytes =
            inputs_.random(std::min(words[1], kMost), static_cast<unsigned>(words[2]));
        if (!write_memory(words[0], bytes.data(), bytes.size())) return false;
        answer.val = static_cast<int64_t>(bytes.size());
        return true;
      }
      case SYS_clock_gettime:
        return inputs_.read_clock(static_cast<clockid_t>(words[0]), time) &&
               write_memory(words[1], &time, sizeof time);
      case SYS_time:
        if (!inputs_.read_clock(CLOCK_REALTIME_COARSE, time)) return false;
        if (words[0] != 0 && !write_memory(words[0], &time.tv_sec, sizeof time.tv_sec))
          return false;
        answer.val = time.tv_sec;
        return true;
      case SYS_uname:
        return answer_host_name(words[0]);
      default: {
        if (!inputs_.read_clock(CLOCK_REALTIME, time) || words[1] != 0) return false;
        const struct timeval microseconds = {time.tv_sec, time.tv_nsec / 1000};
        return write_memory(words[0], &microseconds, sizeof microseconds);
      }
    }
  }

  void hear(const seccomp_notif& call) {
    for (const WatchedCall& watched : kWatchedCalls) {
      if (watched.number == call.data.nr) note(static_cast<pid_t>(call.pid), call.data, watched);
    }
  }
  const std::string& problem() const { return problem_; }
  std::vector<std::string> absent() const { return {absent_.begin(), absent_.end()}; }

 private:
  bool answer_host_name(uint64_t address) const {
    struct utsname names = {};
    if (inputs_.host_name().empty() || ::uname(&names) != 0) return false;
    std::memset(names.nodename, 0, sizeof names.nodename);
    inputs_.host_name().copy(names.nodename, sizeof names.nodename - 1);
    return write_memory(address, &names, sizeof names);
  }

  bool is_own(pid_t thread) const {
    return thread == process_ ||
           ::access(fmt::format("/proc/{}/task/{}", process_, thread).c_str(), F_OK) == 0;
  }

  Opening effect_of(pid_t thread, const seccomp_data& data, const WatchedCall& watched) const {
    if (watched.access == Access::kChange) return {true, false};
    if (watched.access == Access::kLookUp) return {false, false};
    uint64_t flags = data.args[watched.flags];
    if (watched.access == Access::kOpenHow) {
      struct open_how how = {};
      read_memory(thread, flags, &how, sizeof how);
      flags = how.flags;
    }
    return opening_of(flags);
  }

  void note(pid_t thread, const seccomp_data& data, const WatchedCall& watched) {
    const bool own = is_own(thread);
    if (own && data.instruction_pointer >= ceiling_) return;
    if (watched.access == Access::kAskWhere) return own ? hear_question(data) : void();
    const Opening effect = effect_of(thread, data, watched);
    if (!own && !effect.changes) return;
    const std::optional<std::string> text = read_path(thread, data.args[watched.path]);
    if (!text || text->empty()) return note_unread(own && !text, data.args[watched.path]);
    const bool is_relative = !text->starts_with('/');
    const int directory = directory_of(data, watched);
    const std::string path = plain_path(is_relative ? base_of(thread, directory) : "", *text);
    const auto [place, is_new] = paths_.try_emplace(path);
    AccessedPath& known = place->second;
    if (is_new) known.then = examine_before_access(path);
    if (effect.changes) known.was_changed = true;
    if (own && is_relative && directory == AT_FDCWD) note_relative(*text, known);
    if (!own) return;
    known.was_reached = true;
    if (effect.reads && known.then.kind == DependencyKind::kDirectory && known.listings++ == 0)
      known.names = names_in(path);
  }

  // With no room for an answer, which no C library asks for, the agent says where it wants the uses
  // of the working directory counted (agent/working_directory.cpp).
  void hear_question(const seccomp_data& data) {
    if (data.args[1] == 0)
      counters_address_ = data.args[0];
    else
      count_directory_use(DirectoryUseKind::kOther);
  }

  void note_relative(const std::string& name, const AccessedPath& known) {
    const bool is_absent = known.then.kind == DependencyKind::kMissing && !known.was_changed;
    if (is_absent && counters_address_ != 0) absent_.insert(name);
    count_directory_use(is_absent ? DirectoryUseKind::kSearchInVain : DirectoryUseKind::kOther);
  }

  // Before the call is carried out: whoever made it finds it counted.
  void count_directory_use(DirectoryUseKind kind) {
    ++counters_.uses;
    if (kind != DirectoryUseKind::kSearchInVain) ++counters_.answers;
    if (counters_address_ != 0) write_memory(counters_address_, &counters_, sizeof counters_);
  }

  bool write_memory(uint64_t address, const void* bytes, size_t size) const {
    struct iovec local = {const_cast<void*>(bytes), size};
    struct iovec remote = {reinterpret_cast<void*>(address), size};
    return ::process_vm_writev(process_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
  }

  // A path that the kernel cannot read either is the caller's mistake; one that is there and cannot
  // be read from here is a right that is missing.
  void note_unread(bool was_to_be_read, uint64_t address) {
    char byte;
    if (was_to_be_read && read_memory(process_, address, &byte, 1) == 0 && errno == EPERM)
      problem_ = "the memory of the interpreter cannot be read";
  }

  pid_t process_;
  uint64_t ceiling_;
  AccessedPaths& paths_;
  uint64_t counters_address_ = 0;  // where the agent reads them
  format::DirectoryCounters counters_ = {};
  std::set<std::string> absent_;
  BootInputs& inputs_;
  std::string problem_;
};

}  // namespace

Result<std::unique_ptr<AccessRecord>> AccessRecord::begin(File listener, pid_t process,
                                                          uint64_t ceiling, BootInputs& inputs) {
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  if (stop < 0) return support::fail(Error::from_errno("making an event descriptor"));
  return std::unique_ptr<AccessRecord>(
      new AccessRecord(std::move(listener), File::adopt(stop), process, ceiling, inputs));
}

AccessRecord::AccessRecord(File listener, File stop, pid_t process, uint64_t ceiling,
                           BootInputs& inputs)
    : listener_(std::move(listener)),
      stop_(std::move(stop)),
      process_(process),
      ceiling_(ceiling),
      inputs_(inputs),
      thread_([this] { answer_until_stopped(); }) {}

AccessRecord::~AccessRecord() { stop(); }

void AccessRecord::stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  if (::write(stop_.descriptor(), &one, sizeof one) == sizeof one) thread_.join();
}

AccessedPaths AccessRecord::end() {
  stop();
  return std::move(paths_);
}

void AccessRecord::answer_until_stopped() {
  Listener listener(process_, ceiling_, paths_, inputs_);
  struct pollfd waiting[2] = {{listener_.descriptor(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}};
  for (;;) {
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) break;
    if (waiting[1].revents != 0) break;
    if ((waiting[0].revents & POLLIN) == 0) {
      if (waiting[0].revents != 0) break;  // no process has the filter any more
      continue;
    }
    // The kernel wants zeros; a call whose process has died meanwhile is none (ENOENT).
    struct seccomp_notif call = {};
    if (::ioctl(listener_.descriptor(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
    struct seccomp_notif_resp answer = {};
    answer.id = call.id;
    if (!listener.answer(call, answer)) {
      listener.hear(call);
      answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    }
    ::ioctl(listener_.descriptor(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  problem_ = listener.problem();
  absent_ = listener.absent();
}

}  // namespace pysnap::launcher
