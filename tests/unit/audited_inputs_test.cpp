#include "launcher/audited_inputs.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "unit/sample.h"

namespace pysnap::launcher {
namespace {

using tests::ScopedVariable;
using tests::TemporaryDirectory;

constexpr const char* kVariable = "PYSNAP_TEST_AUDITED";

TEST_CASE("an audit changes one input at a time") {
  const ScopedVariable variable(kVariable, "a");
  const auto inputs = audited_inputs({kVariable}, "/somewhere");
  REQUIRE(inputs.size() == 5);
  for (const AuditedInput& input : inputs) {
    const int changes = (input.told.seconds != 0) + input.told.random +
                        !input.told.host_name.empty() + !input.directory.empty() +
                        !input.variable.empty();
    INFO(input.name);
    CHECK(changes == 1);
  }
  CHECK(inputs[0].name == "time");
  CHECK(inputs[1].name == "entropy");
  CHECK(inputs[2].name == "host name");
  CHECK(inputs[3].name == "working directory");
  CHECK(inputs[3].directory == "/somewhere");
  CHECK(inputs[4].name == "variable " + std::string(kVariable));
}

TEST_CASE("the other value of a variable differs, and looks and measures like its own") {
  const ScopedVariable variable(kVariable, "/home/Zoe/9-z:08");
  const auto inputs = audited_inputs({kVariable}, "/");
  CHECK(inputs.back().value == "/ipnf/Apf/1-a:19");
}

AuditedInput another_value() {
  AuditedInput input;
  input.variable = kVariable;
  input.value.emplace("b");
  return input;
}

TEST_CASE("an audited variable has its other value for a time only") {
  const ScopedVariable variable(kVariable, "a");
  {
    const auto surroundings = ChangedSurroundings::make(another_value());
    REQUIRE(surroundings);
    CHECK(std::string(std::getenv(kVariable)) == "b");
  }
  CHECK(std::string(std::getenv(kVariable)) == "a");
}

TEST_CASE("a variable that was not set is not set after the audit") {
  const ScopedVariable variable(kVariable, nullptr);
  {
    const auto surroundings = ChangedSurroundings::make(another_value());
    REQUIRE(surroundings);
  }
  CHECK(std::getenv(kVariable) == nullptr);
}

TEST_CASE("an audit comes back from the other working directory") {
  const TemporaryDirectory scratch;
  const std::filesystem::path before = std::filesystem::current_path();
  AuditedInput input;
  input.directory = scratch.path("");
  {
    const auto surroundings = ChangedSurroundings::make(input);
    REQUIRE(surroundings);
    CHECK(std::filesystem::equivalent(".", input.directory));
  }
  CHECK(std::filesystem::current_path() == before);
  input.directory = scratch.path("missing");
  CHECK_FALSE(ChangedSurroundings::make(input));
  CHECK(std::filesystem::current_path() == before);
}

}  // namespace
}  // namespace pysnap::launcher
