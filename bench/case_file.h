// The list of commands to compare, from a JSON file:
//
//   {"cases": [{"name": "restored numpy",
//               "argv": ["build/release/bin/pysnap-run", "--image", "x", "-c", "..."],
//               "group": "numpy",                  heading in the table
//               "baseline": "plain numpy",         a name; its minimum is divided by ours
//               "held_argv": ["..."],              optional: prints, then waits for input
//               "output": "1.0\n"}]}               optional: what it must print
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "result.h"

namespace pysnap::bench {

struct Case {
  std::string name;
  std::string group;
  std::string baseline;
  std::vector<std::string> arguments;
  std::vector<std::string> held_arguments;
  std::optional<std::string> output;
};

Result<std::vector<Case>> read_cases(const std::string& path);

}  // namespace pysnap::bench
