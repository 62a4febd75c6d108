#include "launcher/work_pool.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>

#include "unit/sample.h"

namespace pysnap::launcher {
namespace {

std::map<size_t, WorkAnswer> run_all(size_t count, const WorkLimits& limits,
                                     const std::function<std::string(size_t)>& work) {
  std::map<size_t, WorkAnswer> answers;
  REQUIRE(run_pieces(std::vector<uint64_t>(count, 1), limits, work,
                     [&](size_t index, WorkAnswer answer) { answers.emplace(index, answer); }));
  return answers;
}

TEST_CASE("each piece of work answers, in processes of their own") {
  const auto answers = run_all(5, {2, UINT64_MAX}, [](size_t index) {
    return std::to_string(index) + " " + std::to_string(::getpid());
  });
  REQUIRE(answers.size() == 5);
  for (const auto& [index, answer] : answers) {
    REQUIRE(answer);
    CHECK(answer->starts_with(std::to_string(index) + " "));
    CHECK(*answer != std::to_string(index) + " " + std::to_string(::getpid()));
  }
}

TEST_CASE("answers may be longer than a pipe holds") {
  const auto answers = run_all(2, {2, UINT64_MAX}, [](size_t) { return std::string(300000, 'x'); });
  CHECK(answers.at(1)->size() == 300000);
}

TEST_CASE("a piece of work that dies or throws is in nobody's way") {
  const auto answers = run_all(3, {3, UINT64_MAX}, [](size_t index) -> std::string {
    if (index == 0) ::kill(::getpid(), SIGKILL);
    if (index == 1) throw std::runtime_error("no");
    return "done";
  });
  CHECK(answers.at(0).error().sentence ==
        "its process ended early, with signal 9; is there enough memory?");
  CHECK(answers.at(1).error().sentence == "its process ended early, with exit status 125");
  CHECK(answers.at(2).value() == "done");
}

TEST_CASE("a piece of work that does not end is ended") {
  const auto answers = run_all(2, {2, UINT64_MAX, 1}, [](size_t index) -> std::string {
    if (index == 0) ::sleep(30);
    return "done";
  });
  CHECK(answers.at(0).error().sentence == "it did not end within 1 seconds");
  CHECK(answers.at(1).value() == "done");
}

TEST_CASE("no more pieces run at a time than may") {
  const tests::TemporaryDirectory directory;
  const auto answers = run_all(4, {1, UINT64_MAX}, [&](size_t) -> std::string {
    const std::string mark = directory.path("mark");
    if (::access(mark.c_str(), F_OK) == 0) return "another one runs";
    tests::write_file(mark, "");
    ::usleep(20000);
    ::unlink(mark.c_str());
    return "alone";
  });
  for (const auto& [index, answer] : answers) CHECK(answer.value() == "alone");
}

TEST_CASE("a piece of work starts where there is room for what it needs") {
  const WorkLimits limits = {3, 100};
  CHECK(has_room(limits, {}, 500));  // alone, it may try
  CHECK(has_room(limits, {60}, 40));
  CHECK_FALSE(has_room(limits, {60}, 41));
  CHECK_FALSE(has_room(limits, {500}, 1));
  CHECK_FALSE(has_room(limits, {1, 1, 1}, 1));
}

}  // namespace
}  // namespace pysnap::launcher
