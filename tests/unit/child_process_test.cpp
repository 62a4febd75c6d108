#include "launcher/child_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace pysnap::launcher {
namespace {

CommandResult run_shell(const std::string& text) {
  const auto result = run_command({"/bin/sh", "-c", text}, own_environment());
  REQUIRE(result);
  return *result;
}

TEST_CASE("a command's output, errors and status are collected") {
  const CommandResult result = run_shell("echo out; echo err >&2; exit 3");
  CHECK(result.output == "out\n");
  CHECK(result.errors == "err\n");
  CHECK(describe_wait_status(result.status) == "exit status 3");
}

TEST_CASE("a signal that ended a command is described") {
  CHECK(describe_wait_status(run_shell("kill -SEGV $$").status) == "signal 11");
}

TEST_CASE("more output than a pipe holds is collected") {
  CHECK(run_shell("head -c 300000 /dev/zero").output.size() == 300000);
}

TEST_CASE("a command has no input and no descriptors of ours") {
  CHECK(run_shell("cat").output.empty());
  CHECK(run_shell("ls /proc/self/fd").output == "0\n1\n2\n3\n");
}

TEST_CASE("a command reads the input that it is given") {
  const auto result = run_command({"/bin/cat"}, {}, {.input = "a word"});
  REQUIRE(result);
  CHECK(result->output == "a word");
}

TEST_CASE("a command starts with default signal actions and nothing blocked") {
  struct sigaction before;
  const struct sigaction ignore = [] {
    struct sigaction action = {};
    action.sa_handler = SIG_IGN;
    return action;
  }();
  REQUIRE(::sigaction(SIGTERM, &ignore, &before) == 0);
  CHECK(describe_wait_status(run_shell("kill -TERM $$; sleep 5").status) == "signal 15");
  ::sigaction(SIGTERM, &before, nullptr);
}

TEST_CASE("a program that does not exist is named") {
  const auto result = run_command({"/nowhere/program"}, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().sentence ==
        "/nowhere/program cannot be executed: No such file or directory");
}

TEST_CASE("a child ends with its owner") {
  pid_t process = 0;
  {
    ChildOptions options;
    options.arguments = {"/bin/sleep", "1000"};
    const auto child = ChildProcess::start(options);
    REQUIRE(child);
    process = child->process();
    CHECK(::kill(process, 0) == 0);
  }
  CHECK(::kill(process, 0) != 0);
}

TEST_CASE("the control descriptor has the agreed number in the child") {
  const auto log = make_log();
  REQUIRE(log);
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c", "echo heard >/proc/self/fd/199"};
  options.control = log->descriptor();
  auto child = ChildProcess::start(options);
  REQUIRE(child);
  REQUIRE(child->wait());
  CHECK(read_log(*log).value() == "heard\n");
}

}  // namespace
}  // namespace pysnap::launcher
