#include "case_file.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace pysnap::bench {
namespace {

Case case_of(const nlohmann::json& entry) {
  Case result;
  result.name = entry.at("name");
  result.group = entry.value("group", "");
  result.baseline = entry.value("baseline", "");
  result.arguments = entry.at("argv").get<std::vector<std::string>>();
  result.held_arguments = entry.value("held_argv", std::vector<std::string>());
  if (entry.contains("output")) result.output = entry.at("output").get<std::string>();
  return result;
}

// A case without a command would measure nothing, one with an unknown baseline would have no
// ratio, and both are slips of the pen: say so before minutes of measuring.
Result<void> check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    if (one.arguments.empty()) return fail(fmt::format("case '{}' has no command", one.name));
    const auto is_baseline = [&](const Case& other) { return other.name == one.baseline; };
    if (!one.baseline.empty() && std::none_of(cases.begin(), cases.end(), is_baseline)) {
      return fail(
          fmt::format("case '{}' has the baseline '{}', which is no case", one.name, one.baseline));
    }
  }
  if (cases.empty()) return fail("there are no cases");
  return {};
}

}  // namespace

Result<std::vector<Case>> read_cases(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(fmt::format("cannot read {}", path));
  std::vector<Case> cases;
  try {
    const nlohmann::json document = nlohmann::json::parse(file);
    for (const nlohmann::json& entry : document.at("cases")) {
      cases.push_back(case_of(entry));
    }
  } catch (const nlohmann::json::exception& error) {
    return fail(fmt::format("{}: {}", path, error.what()));
  }
  return check(cases).map([&] { return std::move(cases); });
}

}  // namespace pysnap::bench
