#include "launcher/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "launcher/access_filter.h"

extern char** environ;

namespace pysnap::launcher {
namespace {

using support::Error;
using support::File;
using support::Result;

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

// All 64, with the kernel's own call: the C library hides 32 and 33, which posix_spawn(3) leaves
// ignored in its children.
void reset_signals() {
  const uint64_t default_action[4] = {0, 0, 0, 0};  // the kernel's struct sigaction
  constexpr size_t kMaskSize = 8;
  constexpr int kLastSignal = 64;
  for (int number = 1; number <= kLastSignal; ++number)
    ::syscall(SYS_rt_sigaction, number, default_action, nullptr, kMaskSize);
}

// Between fork and exec: only async-signal-safe calls (signal-safety(7)).
[[noreturn]] void become(const ChildOptions& options, char** arguments, char** environment,
                         int report, pid_t parent) {
  // No build that is killed leaves a process behind, not even a stopped one. A parent that died
  // before this call sends nothing (prctl(2)).
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  reset_signals();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR);
  const int wanted[3] = {options.input, options.output, options.errors};
  // First out of the way, then into place: a wanted descriptor may itself be 0, 1 or 2.
  int parked[3];
  for (int i = 0; i < 3; ++i)
    parked[i] = ::fcntl(wanted[i] < 0 ? nothing : wanted[i], F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; ++i) ::dup2(parked[i], i);
  ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  if (options.control >= 0) ::dup2(options.control, kControlNumber);
  if (options.listener_path >= 0) install_access_filter(options.listener_path);
  ::execve(arguments[0], arguments, environment);
  const int error = errno;
  if (::write(report, &error, sizeof error) != sizeof error) ::_exit(126);
  ::_exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildOptions& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return support::fail(Error::from_errno("making a pipe"));
  const File reading = File::adopt(ends[0]);
  File writing = File::adopt(ends[1]);
  const std::vector<char*> arguments = pointers(options.arguments);
  const std::vector<char*> environment = pointers(options.environment);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) return support::fail(Error::from_errno("starting a process"));
  if (process == 0) {
    become(options, const_cast<char**>(arguments.data()), const_cast<char**>(environment.data()),
           writing.descriptor(), parent);
  }
  ChildProcess child(process);
  writing.close();
  int error = 0;
  // Closed without a word by a successful exec.
  if (::read(reading.descriptor(), &error, sizeof error) == sizeof error) {
    errno = error;
    return support::fail(
        Error::from_errno(fmt::format("{} cannot be executed", options.arguments[0])));
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)) {}

ChildProcess::~ChildProcess() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  const Result<int> ignored = wait();
  (void)ignored;
}

Result<int> ChildProcess::wait() {
  int status = 0;
  for (;;) {
    const pid_t got = ::waitpid(process_, &status, 0);
    if (got == process_) break;
    if (errno != EINTR) return support::fail(Error::from_errno("waiting for a process"));
  }
  process_ = -1;
  return status;
}

std::string describe_wait_status(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

Result<File> make_log() {
  const int descriptor = ::memfd_create("pysnap-log", MFD_CLOEXEC);
  if (descriptor < 0) return support::fail(Error::from_errno("making a file in memory"));
  return File::adopt(descriptor);
}

Result<std::string> read_log(const File& log) {
  const Result<struct stat> status = log.status();
  if (!status) return support::fail(status.error());
  std::string text(static_cast<size_t>(status->st_size), '\0');
  const Result<size_t> got = log.read_at(0, std::as_writable_bytes(std::span(text)));
  if (!got) return support::fail(got.error());
  text.resize(*got);
  return text;
}

Result<CommandResult> run_command(std::vector<std::string> arguments,
                                  std::vector<std::string> environment, const CommandFiles& files) {
  const Result<File> input = make_log();
  if (!input) return support::fail(input.error());
  if (const support::Status written = input->write_at(0, std::as_bytes(std::span(files.input)));
      !written)
    return support::fail(written.error());
  const Result<File> output = make_log();
  if (!output) return support::fail(output.error());
  const Result<File> errors = make_log();
  if (!errors) return support::fail(errors.error());
  ChildOptions options;
  options.arguments = std::move(arguments);
  options.environment = std::move(environment);
  if (!files.input.empty()) options.input = input->descriptor();
  options.output = output->descriptor();
  options.errors = errors->descriptor();
  options.control = files.control;
  Result<ChildProcess> child = ChildProcess::start(options);
  if (!child) return support::fail(child.error());
  const Result<int> status = child->wait();
  if (!status) return support::fail(status.error());
  const Result<std::string> text = read_log(*output);
  if (!text) return support::fail(text.error());
  const Result<std::string> error_text = read_log(*errors);
  if (!error_text) return support::fail(error_text.error());
  return CommandResult{*status, *text, *error_text};
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

}  // namespace pysnap::launcher
