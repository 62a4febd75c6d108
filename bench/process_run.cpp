#include "process_run.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

namespace pysnap::bench {
namespace {

using Clock = std::chrono::steady_clock;

Microseconds to_microseconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::vector<char*> null_terminated(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> clean_environment() {
  const char* home = std::getenv("HOME");
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
          fmt::format("HOME={}", home ? home : "/")};
}

struct Output {
  std::string text;
  std::optional<Clock::time_point> first_byte;
};

// Reads until every holder of the other end is gone.
Output read_all(int descriptor) {
  Output output;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return output;
    if (!output.first_byte) output.first_byte = Clock::now();
    output.text.append(buffer, static_cast<size_t>(size));
  }
}

Result<rusage> wait_for(int child, const std::string& name) {
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) return system_fail("wait4", errno);
  if (WIFSIGNALED(status)) return fail(fmt::format("{}: signal {}", name, WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) {
    return fail(fmt::format("{}: exit status {}", name, WEXITSTATUS(status)));
  }
  return usage;
}

}  // namespace

Result<int> spawn(const std::vector<std::string>& arguments, int standard_input,
                  int standard_output) {
  static const std::vector<std::string> environment = clean_environment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, standard_input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, standard_output, STDOUT_FILENO);
  int child = 0;
  // glibc makes this a vfork: our own size does not enter the measured time.
  const int error =
      ::posix_spawn(&child, arguments[0].c_str(), &actions, nullptr,
                    null_terminated(arguments).data(), null_terminated(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_fail(fmt::format("cannot start {}", arguments[0]), error);
  return child;
}

Result<Sample> run_once(const std::vector<std::string>& arguments) {
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.number() < 0) return system_fail("cannot open /dev/null", errno);
  Result<Pipe> pipe = Pipe::make();
  if (!pipe) return tl::unexpected(pipe.error());

  const Clock::time_point start = Clock::now();
  const Result<int> child = spawn(arguments, nothing.number(), pipe->write_end.number());
  if (!child) return tl::unexpected(child.error());
  pipe->write_end.close();
  Output output = read_all(pipe->read_end.number());
  const Result<rusage> usage = wait_for(*child, arguments[0]);
  const Clock::time_point end = Clock::now();
  if (!usage) return tl::unexpected(usage.error());

  Sample sample{};
  sample.until_reaped = end - start;
  if (output.first_byte) sample.until_first_output = *output.first_byte - start;
  sample.processor = to_microseconds(usage->ru_utime) + to_microseconds(usage->ru_stime);
  sample.minor_faults = usage->ru_minflt;
  sample.peak_memory_kib = usage->ru_maxrss;
  sample.output = std::move(output.text);
  return sample;
}

long own_peak_memory_kib() {
  // Not getrusage: its value for ourselves remembers the program that started us.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

}  // namespace pysnap::bench
