#include "launcher/first_launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/child_process.h"
#include "launcher/startup_variables.h"
#include "snapshot/process_memory.h"

namespace pysnap::launcher {
namespace {

using format::HotRun;
using format::ProgramKind;
using format::RegionKind;
using snapshot::CapturedRegion;
using snapshot::PageState;
using snapshot::ProcessMemory;
using support::Error;
using support::ErrorKind;
using support::File;
using support::Result;
using support::Status;

void add_page(std::vector<HotRun>& runs, uint64_t address) {
  if (!runs.empty() && runs.back().address + runs.back().size == address)
    runs.back().size += format::kPageSize;
  else
    runs.push_back({address, format::kPageSize});
}

std::vector<HotRun> written_pages(pid_t process, const snapshot::Snapshot& snapshot) {
  std::vector<HotRun> runs;
  const Result<ProcessMemory> memory = ProcessMemory::open(process);
  if (!memory) return runs;
  for (const CapturedRegion& region : snapshot.regions) {
    if (region.kind != RegionKind::kImage || (region.protection & PROT_WRITE) == 0) continue;
    const Result<std::vector<PageState>> states = memory->page_states(region.address, region.size);
    if (!states) return {};
    for (size_t i = 0; i < states->size(); ++i) {
      if ((*states)[i] == PageState::kOwn) add_page(runs, region.address + i * format::kPageSize);
    }
  }
  return runs;
}

struct Pipe {
  File reading;
  File writing;
};

// The streams of a launch are cheapest on pipes; other kinds of descriptor cost pages of their own
// that not every launch needs.
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return support::fail(Error::from_errno("making a pipe"));
  return Pipe{File::adopt(ends[0]), File::adopt(ends[1])};
}

// The image is launched with the options it was built with, in the environment of its boot.
std::vector<std::string> launch_command(const Installation& installation,
                                        const std::vector<std::string>& launcher_options,
                                        const std::vector<std::string>& python_options,
                                        const std::string& program) {
  std::vector<std::string> words = {installation.run_program};
  words.insert(words.end(), launcher_options.begin(), launcher_options.end());
  words.insert(words.end(), python_options.begin(), python_options.end());
  words.emplace_back("-c");
  words.push_back(program);
  return words;
}

}  // namespace

// A launch that gave way to plain Python would say so on standard error. What else is printed
// there, or behind the program's own word, comes from exit functions that imports registered.
Status prove(const Installation& installation, const std::string& image,
             const std::vector<std::string>& python_options, ProgramKind kind,
             const std::vector<std::string>& environment, Surroundings surroundings) {
  constexpr const char* kWhole = "import sys; sys.stdout.write('proven')";
  constexpr const char* kWithoutEnd = "import os; os.write(1, b'proven'); os._exit(0)";
  const char* program = kind == ProgramKind::kCheckpoint ? kWithoutEnd : kWhole;
  std::vector<std::string> options = {"--prove", "--explain", "--image", image};
  if (surroundings == Surroundings::kAnywhere) options.insert(options.begin(), "--anywhere");
  std::vector<std::string> command = launch_command(installation, options, python_options, program);
  const Result<CommandResult> launch = run_command(command, environment);
  if (!launch) return support::fail(launch.error());
  const bool gave_way = launch->errors.find("pysnap-run: ") != std::string::npos;
  if (launch->status == 0 && launch->output.starts_with("proven") && !gave_way) return {};
  return support::fail(Error::because(
      ErrorKind::kInternal,
      fmt::format("the finished image failed its first launch with {} and was discarded{}{}",
                  describe_wait_status(launch->status), launch->errors.empty() ? "" : ":\n",
                  launch->errors)));
}

std::vector<HotRun> find_hot_pages(const Installation& installation, const std::string& image,
                                   const snapshot::Snapshot& snapshot,
                                   const std::vector<std::string>& python_options,
                                   ProgramKind kind) {
  Result<Pipe> input = make_pipe();
  const Result<Pipe> output = make_pipe();
  if (!input || !output) return {};
  const char* program = kind == ProgramKind::kCheckpoint
                            ? "import posix; posix.kill(posix.getpid(), 19)"  // SIGSTOP
                            : "pass";
  ChildOptions options;
  options.arguments = launch_command(installation, {"--prove", "--hold-at-end", "--image", image},
                                     python_options, program);
  options.environment = boot_environment();
  options.input = input->reading.descriptor();
  options.output = output->writing.descriptor();
  options.errors = output->writing.descriptor();
  Result<ChildProcess> launch = ChildProcess::start(options);
  if (!launch) return {};
  int status = 0;
  if (::waitpid(launch->process(), &status, WUNTRACED) != launch->process() || !WIFSTOPPED(status))
    return {};
  return written_pages(launch->process(), snapshot);  // the launch is killed on return
}

}  // namespace pysnap::launcher
