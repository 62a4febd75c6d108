#include "launcher/arena_boot.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "format/arena_layout.h"
#include "launcher/access_filter.h"
#include "launcher/random_ceiling.h"
#include "launcher/startup_variables.h"
#include "support/parse.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::File;
using support::parse_number;
using support::Result;
using support::Status;

constexpr char kRecordEnd = '\x1e';
constexpr char kFieldEnd = '\x1f';

// Which module made shared memory is costly to find out: the agent lists all mappings around each
// import. Only a second boot does, after one that left some.
enum class Watch { kUsual, kMemory };

// Records from the agent, one at a time.
class ControlChannel {
 public:
  explicit ControlChannel(const File& socket) : socket_(socket) {}

  Status send_orders(const BootOrders& orders, const Installation& installation,
                     Watch watch) const {
    std::string text;
    const auto add = [&text](const char* verb, const std::string& value) {
      text += fmt::format("{}{}{}{}", verb, kFieldEnd, value, kRecordEnd);
    };
    if (watch == Watch::kMemory) add("watch", "memory");
    // The boot itself has no such variable, as each launch applies its own.
    const char* no_bytecode = std::getenv("PYTHONDONTWRITEBYTECODE");
    if (no_bytecode != nullptr && *no_bytecode != 0) add("bytecode", "off");
    if (orders.refuses_output) add("output", "refused");
    add("package", installation.package);
    add("generation", fmt::format("{:x}", orders.generation));
    for (const std::string& name : orders.ignored_variables) add("ignore", name);
    for (const std::string& module : orders.excluded) add("exclude", module);
    if (!orders.search_directory.empty()) add("path", orders.search_directory);
    for (const std::string& module : orders.modules) add("module", module);
    for (const std::string& module : orders.learned) add("learned", module);
    for (const std::string& module : orders.left_out) add("left-out", module);
    for (const std::string& module : orders.code_only) add("code-only", module);
    if (!orders.warm_up.empty()) add("warm-up", orders.warm_up);
    if (!orders.script.empty()) add("script", orders.script);
    for (const std::string& argument : orders.script_arguments) add("argument", argument);
    text += fmt::format("go{}", kRecordEnd);
    for (size_t done = 0; done < text.size();) {
      const ssize_t sent =
          ::send(socket_.descriptor(), text.data() + done, text.size() - done, MSG_NOSIGNAL);
      // A child that died early is reported by its end of file, not here.
      if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
      if (sent < 0) return support::fail(Error::from_errno("talking to the interpreter"));
      done += static_cast<size_t>(sent);
    }
    return {};
  }

  // The fields of the next record; empty at the end.
  Result<std::vector<std::string>> next() {
    size_t end;
    while ((end = pending_.find(kRecordEnd)) == std::string::npos) {
      char chunk[65536];
      const ssize_t got = ::read(socket_.descriptor(), chunk, sizeof chunk);
      if (got < 0 && errno == EINTR) continue;
      if (got == 0 || (got < 0 && errno == ECONNRESET)) return std::vector<std::string>();
      if (got < 0) return support::fail(Error::from_errno("listening to the interpreter"));
      pending_.append(chunk, static_cast<size_t>(got));
    }
    const std::string record = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    return support::split(record, kFieldEnd);
  }

 private:
  const File& socket_;
  std::string pending_;
};

std::string without_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

const char* what_broke(const std::string& verb) {
  if (verb == "module") return "importing";
  if (verb == "script") return "the script";
  return verb == "hook" ? "the before-snapshot hook" : "the warm-up";
}

// What the records of one boot add up to.
struct Conversation {
  FrozenInterpreter& frozen;
  const std::function<void(const std::string&)>& report;
  std::vector<std::string> refusals;
  std::vector<std::string> blamed;  // modules, for the refusals or for a sudden end
  std::string importing;            // the module of the orders that is being imported
  std::string problem;              // a sentence that ends the boot
  std::string activity;             // what the interpreter was last heard to begin
  bool is_frozen = false;
  Watch wanted_watch = Watch::kUsual;
  bool is_internal = false;  // the agent's own problem: what it printed belongs to the sentence

  void hear_search(const std::vector<std::string>& record) {
    constexpr size_t kFirstName = 4;
    if (record.size() < kFirstName) return;
    SearchedDirectory& searched = frozen.searched[plain_path("", record[2])];
    searched.is_on_search_path |= record[1] == "search-path";
    uint32_t listings = 0;
    parse_number(record[3], 10, listings);
    searched.listings += listings;
    searched.names.insert(record.begin() + kFirstName, record.end());
  }

  void hear(const std::vector<std::string>& record) {
    const std::string& verb = record[0];
    const auto field = [&record](size_t i) {
      return i < record.size() ? record[i] : std::string();
    };
    if (verb == "step" || verb == "import" || verb == "warm-up" || verb == "script") {
      report(verb == "step" ? field(1) : fmt::format("{} {}", verb, field(1)));
      importing = verb == "import" ? field(1) : "";
      activity = verb == "step"     ? fmt::format("in the step \"{}\"", field(1))
                 : verb == "import" ? fmt::format("while it imported {}", field(1))
                 : verb == "script" ? fmt::format("while it ran the script {}", field(1))
                                    : fmt::format("while it ran the warm-up {}", field(1));
    } else if (verb == "loaded") {
      frozen.modules.push_back(field(1));
    } else if (verb == "start-file") {
      frozen.start_files.push_back(field(1));
    } else if (verb == "searched") {
      hear_search(record);
    } else if (verb == "variable") {
      frozen.variables.push_back(field(1));
    } else if (verb == "directory-user") {
      frozen.directory.user = field(1);
    } else if (verb == "directory-seeker") {
      frozen.directory.seeker = field(1);
    } else if (verb == "notice") {
      frozen.notices.push_back(field(1));
    } else if (verb == "shed") {
      parse_number(field(1), 10, frozen.shed_threads);
    } else if (verb == "refuse") {
      refusals.push_back(fmt::format("{} cannot be frozen: it was left behind by {}; {}", field(2),
                                     field(3), field(4)));
    } else if (verb == "blamed") {
      blamed.push_back(field(1));
    } else if (verb == "refused") {
      refusals.push_back(field(1));
    } else if (verb == "broken") {
      problem = fmt::format("{} {} fails; repair it or leave it out:\n{}", what_broke(field(1)),
                            field(2), without_line_end(field(3)));
    } else if (verb == "again") {
      wanted_watch = Watch::kMemory;
    } else if (verb == "unusable") {
      problem = field(1);  // the script; what it printed says nothing about it
    } else if (verb == "fail") {
      problem = field(1);
      is_internal = true;
    } else if (verb == "frozen") {
      is_frozen = parse_number(field(1), 10, frozen.process) &&
                  parse_number(field(2), 16, frozen.agent_state_address);
    }
  }
};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

// A launch that was not to be says so in a sentence of its own.
constexpr int kLauncherFailed = 125;
constexpr std::string_view kLauncherName = "pysnap-run: ";

Error end_of_boot(const Conversation& talk, FrozenInterpreter& frozen) {
  if (!talk.refusals.empty()) return {ErrorKind::kRefused, 0, joined(talk.refusals), talk.blamed};
  if (talk.is_internal && !frozen.printed.empty())
    return Error::because(ErrorKind::kInput,
                          talk.problem + ":\n" + without_line_end(frozen.printed));
  if (!talk.problem.empty()) return Error::because(ErrorKind::kInput, talk.problem);
  const Result<int> status = frozen.boot.wait();
  if (status && WIFEXITED(*status) && WEXITSTATUS(*status) == kLauncherFailed &&
      frozen.printed.starts_with(kLauncherName))
    return Error::because(ErrorKind::kInput,
                          without_line_end(frozen.printed.substr(kLauncherName.size())));
  const std::string how = status ? describe_wait_status(*status) : "an unknown status";
  Error error = Error::because(
      ErrorKind::kInput, fmt::format("the interpreter ended with {} {}; repair that or leave it "
                                     "out{}{}",
                                     how, talk.activity, frozen.printed.empty() ? "" : ":\n",
                                     without_line_end(frozen.printed)));
  if (!talk.importing.empty()) error.blamed.push_back(talk.importing);
  return error;
}

// How a process begins that is to freeze.
struct Beginning {
  const char* step;
  std::vector<std::string> arguments;
  std::vector<std::string> variables;  // besides the boot's environment
  uint64_t ceiling;
};

Result<Beginning> begin_boot(const PythonInterpreter& python, const Installation& installation,
                             const std::vector<std::string>& python_options, uint64_t wanted) {
  const Result<uint64_t> ceiling =
      wanted != 0 ? Result<uint64_t>(wanted) : random_ceiling(0, format::kCeilingStep);
  if (!ceiling) return support::fail(ceiling.error());
  Beginning beginning = {"boot", {}, {}, *ceiling};
  beginning.arguments = {installation.boot_program,
                         fmt::format("{:x}", *ceiling),
                         python.loader,
                         "--preload",
                         installation.agent,
                         "--argv0",
                         python.executable,
                         python.file};
  beginning.arguments.insert(beginning.arguments.end(), python_options.begin(),
                             python_options.end());
  beginning.variables.push_back(fmt::format("PYSNAP_CONTROL_DESCRIPTOR={}", kControlNumber));
  return beginning;
}

// A program of the base's own is not named, and what follows are its arguments.
Beginning begin_launch(const BaseImage& base, const Installation& installation,
                       const BootOrders& orders) {
  Beginning beginning = {"launch", {}, {}, base.ceiling};
  std::vector<std::string>& words = beginning.arguments;
  words = {installation.run_program, "--image", base.path,
           fmt::format("--freeze-again={:x}", kControlNumber)};
  if (base.program.empty()) {
    words.insert(words.end(), base.python_options.begin(), base.python_options.end());
    words.push_back(orders.script);
  }
  words.insert(words.end(), orders.script_arguments.begin(), orders.script_arguments.end());
  return beginning;
}

// Nothing where the kernel does not allow it.
std::unique_ptr<AccessRecord> begin_record(const ListenerPath& path, FrozenInterpreter& frozen,
                                           BootInputs& inputs) {
  Result<File> listener = receive_listener(path.receiving);
  if (!listener) {
    frozen.access_problem = listener.error().sentence;
    return nullptr;
  }
  Result<std::unique_ptr<AccessRecord>> record =
      AccessRecord::begin(std::move(*listener), frozen.boot.process(), frozen.ceiling, inputs);
  if (record) return std::move(*record);
  frozen.access_problem = record.error().sentence;
  return nullptr;
}

void end_record(std::unique_ptr<AccessRecord> record, FrozenInterpreter& frozen) {
  if (record != nullptr) {
    frozen.accessed = record->end();
    frozen.access_problem = record->problem();
    frozen.directory.absent = record->absent();
  }
  if (frozen.access_problem.empty()) return;
  frozen.notices.push_back(
      fmt::format("what the image depends on could not be recorded: {}", frozen.access_problem));
}

// `watch`: what to watch for; after a failure, what the next boot should watch for.
Result<FrozenInterpreter> freeze_once(const Beginning& beginning, const Installation& installation,
                                      const BootOrders& orders,
                                      const std::function<void(const std::string&)>& report,
                                      Watch& watch, BootInputs& inputs) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return support::fail(Error::from_errno("making a control socket"));
  File own_end = File::adopt(ends[0]);
  File child_end = File::adopt(ends[1]);
  const Result<File> log = make_log();
  if (!log) return support::fail(log.error());
  Result<ListenerPath> listener_path = make_listener_path();
  if (!listener_path) return support::fail(listener_path.error());

  ChildOptions options;
  options.arguments = beginning.arguments;
  options.environment = boot_environment();
  options.environment.insert(options.environment.end(), beginning.variables.begin(),
                             beginning.variables.end());
  options.control = child_end.descriptor();
  options.listener_path = listener_path->sending.descriptor();
  options.output = log->descriptor();
  options.errors = log->descriptor();
  report(beginning.step);
  Result<ChildProcess> child = ChildProcess::start(options);
  if (!child) return support::fail(child.error());
  child_end.close();
  listener_path->sending.close();

  FrozenInterpreter frozen(std::move(*child), std::move(own_end), beginning.ceiling);
  std::unique_ptr<AccessRecord> accesses = begin_record(*listener_path, frozen, inputs);
  ControlChannel channel(frozen.control);
  if (const Status sent = channel.send_orders(orders, installation, watch); !sent)
    return support::fail(sent.error());
  Conversation talk = {frozen, report, {}, {}, "", "", "before it imported anything", false, watch};
  while (!talk.is_frozen) {
    const Result<std::vector<std::string>> record = channel.next();
    if (!record) return support::fail(record.error());
    if (record->empty()) break;
    talk.hear(*record);
  }
  if (const Result<std::string> printed = read_log(*log)) frozen.printed = *printed;
  watch = talk.wanted_watch;
  if (!talk.is_frozen) return support::fail(end_of_boot(talk, frozen));
  end_record(std::move(accesses), frozen);
  return frozen;
}

Result<FrozenInterpreter> boot_once(const PythonInterpreter& python,
                                    const Installation& installation, const BootOrders& orders,
                                    const std::function<void(const std::string&)>& report,
                                    Watch& watch, BootInputs& inputs, uint64_t ceiling) {
  const Result<Beginning> beginning =
      begin_boot(python, installation, orders.python_options, ceiling);
  if (!beginning) return support::fail(beginning.error());
  return freeze_once(*beginning, installation, orders, report, watch, inputs);
}

}  // namespace

Result<FrozenInterpreter> boot_and_freeze(const PythonInterpreter& python,
                                          const Installation& installation,
                                          const BootOrders& orders,
                                          const std::function<void(const std::string&)>& report,
                                          BootInputs& inputs, uint64_t ceiling) {
  Watch watch = Watch::kUsual;
  Result<FrozenInterpreter> frozen =
      boot_once(python, installation, orders, report, watch, inputs, ceiling);
  if (frozen || watch == Watch::kUsual) return frozen;
  inputs.forget_this_boot();
  return boot_once(python, installation, orders, report, watch, inputs, ceiling);
}

Result<FrozenInterpreter> launch_and_freeze(const BaseImage& base, const Installation& installation,
                                            const BootOrders& orders,
                                            const std::function<void(const std::string&)>& report) {
  Watch watch = Watch::kUsual;
  BootInputs inputs;
  Result<FrozenInterpreter> frozen = freeze_once(begin_launch(base, installation, orders),
                                                 installation, orders, report, watch, inputs);
  // The launch agreed with the base on them, and nothing has read them again.
  if (frozen) {
    frozen->variables = base.startup_variables;
    frozen->directory = base.directory;
  }
  return frozen;
}

}  // namespace pysnap::launcher
