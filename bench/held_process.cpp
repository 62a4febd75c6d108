#include "held_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "descriptor.h"
#include "process_run.h"

namespace pysnap::bench {
namespace {

constexpr int kPatienceMilliseconds = 60'000;

// A started child; destroying it ends and reaps it.
class Child {
 public:
  explicit Child(int id) : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  std::string proc_file(const char* name) const { return fmt::format("/proc/{}/{}", id_, name); }

 private:
  int id_;
};

Result<long> count_lines(const std::string& path) {
  std::ifstream file(path);
  long lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  if (lines == 0) return fail(fmt::format("{} is empty", path));
  return lines;
}

// The value of one `Name:   123 kB` line.
Result<long> read_field(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  }
  return fail(fmt::format("{} has no field {}", path, name));
}

Result<void> wait_for_output(int descriptor, const std::string& name) {
  pollfd waited{descriptor, POLLIN, 0};
  const int ready = ::poll(&waited, 1, kPatienceMilliseconds);
  if (ready == 1 && (waited.revents & POLLIN) != 0) return {};
  return fail(fmt::format("{}: ended or fell silent before it printed anything", name));
}

}  // namespace

Result<MemoryShape> measure_held(const std::vector<std::string>& arguments) {
  Result<Pipe> input = Pipe::make();
  if (!input) return tl::unexpected(input.error());
  Result<Pipe> output = Pipe::make();
  if (!output) return tl::unexpected(output.error());
  const Result<int> id = spawn(arguments, input->read_end.number(), output->write_end.number());
  if (!id) return tl::unexpected(id.error());
  const Child child(*id);
  output->write_end.close();

  const Result<void> ready = wait_for_output(output->read_end.number(), arguments[0]);
  if (!ready) return tl::unexpected(ready.error());
  const Result<long> mappings = count_lines(child.proc_file("maps"));
  const Result<long> dirty = read_field(child.proc_file("smaps_rollup"), "Private_Dirty");
  const Result<long> proportional = read_field(child.proc_file("smaps_rollup"), "Pss");
  for (const Result<long>* one : {&mappings, &dirty, &proportional}) {
    if (!*one) return tl::unexpected(one->error());
  }
  return MemoryShape{*mappings, *dirty, *proportional};
}

}  // namespace pysnap::bench
