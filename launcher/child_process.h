// A child of ours: started with a clean signal state, always reaped.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "support/error.h"
#include "support/file.h"

namespace pysnap::launcher {

struct ChildOptions {
  std::vector<std::string> arguments;    // arguments[0] is the program's path
  std::vector<std::string> environment;  // NAME=value
  int input = -1;                        // descriptors for 0, 1, 2; -1: /dev/null
  int output = -1;
  int errors = -1;
  int control = -1;  // kept open as kControlNumber; -1: none
  // Where the child sends the listener of its accesses to files (launcher/access_filter.h); -1:
  // they are nobody's business.
  int listener_path = -1;
};

// The number the child finds its control socket under: high, so that it is in nobody's way.
inline constexpr int kControlNumber = 199;

// Owns a running child; kills and reaps it when destroyed.
class ChildProcess {
 public:
  static support::Result<ChildProcess> start(const ChildOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t process() const { return process_; }
  // The raw wait status (waitpid(2)).
  support::Result<int> wait();

 private:
  explicit ChildProcess(pid_t process) : process_(process) {}
  pid_t process_;
};

// "exit status 3" or "signal 11".
std::string describe_wait_status(int status);

// An anonymous file that collects output.
support::Result<support::File> make_log();
support::Result<std::string> read_log(const support::File& log);

struct CommandResult {
  int status;  // raw wait status
  std::string output;
  std::string errors;
};

// What a command gets besides its words and its environment.
struct CommandFiles {
  std::string input = {};  // what it can read; empty: /dev/null
  int control = -1;        // as in ChildOptions
};

// Runs a command to its end with collected output.
support::Result<CommandResult> run_command(std::vector<std::string> arguments,
                                           std::vector<std::string> environment,
                                           const CommandFiles& files = {});

// The environment of this process.
std::vector<std::string> own_environment();

}  // namespace pysnap::launcher
