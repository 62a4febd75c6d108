#include "launcher/audited_inputs.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace pysnap::launcher {
namespace {

using support::Error;
using support::Result;

// Another day, hour, minute and second.
constexpr int64_t kSecondsAhead = 100007;

std::optional<std::string> value_of(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void set_variable(const std::string& variable, const std::optional<std::string>& value) {
  if (value)
    ::setenv(variable.c_str(), value->c_str(), 1);
  else
    ::unsetenv(variable.c_str());
}

// The next letter or digit in each place: what was a path or a number still looks like one.
std::string another_text(std::string text) {
  for (char& c : text) {
    const bool is_last = c == 'z' || c == 'Z' || c == '9';
    if (is_last)
      c = c == '9' ? '1' : static_cast<char>(c - 25);
    else if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      ++c;
  }
  return text;
}

std::string another_host_name() {
  struct utsname names = {};
  if (::uname(&names) != 0) return "another-host";
  return another_text(names.nodename);
}

}  // namespace

std::vector<AuditedInput> audited_inputs(const std::vector<std::string>& variables,
                                         const std::string& directory) {
  std::vector<AuditedInput> inputs(4);
  inputs[0].name = "time";
  inputs[0].told.seconds = kSecondsAhead;
  inputs[1].name = "entropy";
  inputs[1].told.random = true;
  inputs[2].name = "host name";
  inputs[2].told.host_name = another_host_name();
  inputs[3].name = "working directory";
  inputs[3].directory = directory;
  for (const std::string& variable : variables) {
    AuditedInput& input = inputs.emplace_back();
    input.name = "variable " + variable;
    input.variable = variable;
    input.value = another_text(value_of(variable).value_or(""));
  }
  return inputs;
}

Result<ChangedSurroundings> ChangedSurroundings::make(const AuditedInput& input) {
  ChangedSurroundings surroundings;
  if (!input.variable.empty()) {
    surroundings.variable_ = input.variable;
    surroundings.value_ = value_of(input.variable);
    set_variable(input.variable, input.value);
  }
  if (!input.directory.empty()) {
    std::error_code error;
    surroundings.directory_ = std::filesystem::current_path(error);
    if (::chdir(input.directory.c_str()) != 0)
      return support::fail(Error::from_errno("changing the working directory"));
  }
  return surroundings;
}

ChangedSurroundings::ChangedSurroundings(ChangedSurroundings&& other) noexcept
    : variable_(std::exchange(other.variable_, "")),
      value_(std::move(other.value_)),
      directory_(std::exchange(other.directory_, "")) {}

ChangedSurroundings::~ChangedSurroundings() {
  if (!variable_.empty()) set_variable(variable_, value_);
  if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) directory_.clear();
}

}  // namespace pysnap::launcher
