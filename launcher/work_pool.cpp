#include "launcher/work_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>

#include "launcher/child_process.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::File;
using support::Result;
using support::Status;

// A process at work. What it writes is its answer; the end of the pipe is its end.
struct Piece {
  size_t index;
  uint64_t need;
  pid_t process;
  File answer;
  std::string text;
};

void write_all(int descriptor, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + at, text.size() - at);
    if (written <= 0) return;
    at += static_cast<size_t>(written);
  }
}

// Nothing of the parent's is flushed or destroyed here. What the work prints is nobody's business:
// its answer says all.
[[noreturn]] void be_a_piece(pid_t parent, int answer, size_t index, unsigned seconds,
                             const std::function<std::string(size_t)>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(seconds);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) ::dup2(nothing, descriptor);
  try {
    write_all(answer, work(index));
  } catch (const std::exception&) {  // out of memory, or a bug of ours
    ::_exit(125);
  }
  ::_exit(0);
}

Result<Piece> start_piece(size_t index, uint64_t need, unsigned seconds,
                          const std::function<std::string(size_t)>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return support::fail(Error::from_errno("making a pipe"));
  File reading = File::adopt(ends[0]);
  const File writing = File::adopt(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) return support::fail(Error::from_errno("starting a process"));
  if (process == 0) be_a_piece(parent, writing.descriptor(), index, seconds, work);
  return Piece{index, need, process, std::move(reading), ""};
}

// Whether there may be more of the answer.
bool read_more(Piece& piece) {
  char buffer[65536];
  const ssize_t got = ::read(piece.answer.descriptor(), buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got > 0) piece.text.append(buffer, static_cast<size_t>(got));
  return got > 0;
}

WorkAnswer finish(Piece& piece, unsigned seconds) {
  int status = 0;
  while (::waitpid(piece.process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(piece.text);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    return support::fail(Error::because(ErrorKind::kFailed,
                                        fmt::format("it did not end within {} seconds", seconds)));
  const char* way_out =
      WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? "; is there enough memory?" : "";
  return support::fail(Error::because(
      ErrorKind::kFailed,
      fmt::format("its process ended early, with {}{}", describe_wait_status(status), way_out)));
}

Status wait_for_news(std::vector<Piece>& running) {
  std::vector<pollfd> descriptors;
  for (const Piece& piece : running) descriptors.push_back({piece.answer.descriptor(), POLLIN, 0});
  while (::poll(descriptors.data(), descriptors.size(), -1) < 0) {
    if (errno != EINTR) return support::fail(Error::from_errno("waiting for processes"));
  }
  for (size_t i = 0; i < running.size(); ++i) {
    if (descriptors[i].revents != 0 && !read_more(running[i])) running[i].answer.close();
  }
  return {};
}

std::vector<uint64_t> needs_of(const std::vector<Piece>& running) {
  std::vector<uint64_t> needs;
  for (const Piece& piece : running) needs.push_back(piece.need);
  return needs;
}

}  // namespace

bool has_room(const WorkLimits& limits, const std::vector<uint64_t>& running, uint64_t need) {
  if (running.empty()) return true;
  if (running.size() >= limits.jobs) return false;
  uint64_t left = limits.memory;
  for (const uint64_t taken : running) left -= std::min(left, taken);
  return need <= left;
}

Status run_pieces(const std::vector<uint64_t>& needs, const WorkLimits& limits,
                  const std::function<std::string(size_t)>& work,
                  const std::function<void(size_t, WorkAnswer)>& done) {
  std::vector<Piece> running;
  for (size_t next = 0; next < needs.size() || !running.empty();) {
    while (next < needs.size() && has_room(limits, needs_of(running), needs[next])) {
      Result<Piece> piece = start_piece(next, needs[next], limits.seconds, work);
      if (piece) {
        running.push_back(std::move(*piece));
      } else {
        done(next, support::fail(piece.error()));
      }
      ++next;
    }
    if (running.empty()) continue;
    if (const Status heard = wait_for_news(running); !heard) return heard;
    for (size_t i = running.size(); i-- > 0;) {
      if (running[i].answer.descriptor() >= 0) continue;
      done(running[i].index, finish(running[i], limits.seconds));
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return {};
}

}  // namespace pysnap::launcher
