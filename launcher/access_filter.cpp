#include "launcher/access_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <iterator>

#include "launcher/access_calls.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::File;
using support::Result;

constexpr size_t kMostRules = 4 + 6 * std::size(kWatchedCalls) + 2 * std::size(kInputCalls) + 2;

// Classic BPF; jumps are relative and forward, to the two returns at the end.
class FilterWriter {
 public:
  FilterWriter() {
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    load_number();
    for (const WatchedCall& call : kWatchedCalls) add_call(call);
    for (const int number : kInputCalls) {
      add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1);
      add(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  struct sock_fprog program() {
    return {static_cast<unsigned short>(count_), rules_};
  }

 private:
  void add(int code, uint32_t value, int if_true = 0, int if_false = 0) {
    rules_[count_++] = {static_cast<__u16>(code), static_cast<__u8>(if_true),
                        static_cast<__u8>(if_false), value};
  }
  void load_number() { add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)); }

  // With AT_EMPTY_PATH the call is about a descriptor: fstat(3), the most frequent one of all.
  void add_call(const WatchedCall& call) {
    const bool may_be_empty = call.access == Access::kLookUp && call.flags != kNone;
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call.number), 0, may_be_empty ? 4 : 1);
    if (may_be_empty) {
      add(BPF_LD | BPF_W | BPF_ABS,
          static_cast<uint32_t>(offsetof(seccomp_data, args) +
                                sizeof(uint64_t) * static_cast<size_t>(call.flags)));
      add(BPF_JMP | BPF_JSET | BPF_K, AT_EMPTY_PATH, 0, 1);
      add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    add(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  }

  struct sock_filter rules_[kMostRules];
  size_t count_ = 0;
};

// The listener, or -errno. Without the second flag (before Linux 5.19) a signal may make the kernel
// ask twice for one call, which does no harm.
int install() {
  FilterWriter writer;
  struct sock_fprog program = writer.program();
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  const unsigned both = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  for (const unsigned flags : {both, unsigned{SECCOMP_FILTER_FLAG_NEW_LISTENER}}) {
    const long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (listener >= 0) return static_cast<int>(listener);
    if (errno != EINVAL) break;
  }
  return -errno;
}

// A message of one number, an errno, with or without a descriptor.
struct Packet {
  int error = 0;
  struct iovec part = {&error, sizeof error};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  struct msghdr message = {};

  Packet() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
};

}  // namespace

Result<ListenerPath> make_listener_path() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return support::fail(Error::from_errno("making a socket"));
  return ListenerPath{File::adopt(ends[0]), File::adopt(ends[1])};
}

void install_access_filter(int sending) {
  const int listener = install();
  Packet packet;
  packet.error = listener < 0 ? -listener : 0;
  if (listener < 0) {
    packet.message.msg_control = nullptr;
    packet.message.msg_controllen = 0;
  } else {
    struct cmsghdr* header = CMSG_FIRSTHDR(&packet.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof listener);
    std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  }
  // A child that nobody listens to would fail at its first file.
  if (::sendmsg(sending, &packet.message, MSG_NOSIGNAL) < 0 && listener >= 0) ::_exit(126);
}

Result<File> receive_listener(const File& receiving) {
  Packet packet;
  const ssize_t got = ::recvmsg(receiving.descriptor(), &packet.message, MSG_CMSG_CLOEXEC);
  if (got < 0) return support::fail(Error::from_errno("receiving a listener"));
  if (got != sizeof packet.error)
    return support::fail(Error::because(ErrorKind::kFailed, "the child sent no listener"));
  const struct cmsghdr* header = CMSG_FIRSTHDR(&packet.message);
  if (packet.error != 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS) {
    errno = packet.error;
    return support::fail(Error::from_errno("the kernel allows no listener"));
  }
  int listener;
  std::memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return File::adopt(listener);
}

}  // namespace pysnap::launcher
