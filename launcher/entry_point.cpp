#include "launcher/entry_point.h"

#include <sys/wait.h>

#include "launcher/child_process.h"
#include "launcher/startup_variables.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;

// "Entry points specification" of the Python Packaging User Guide. Where a script was put is in the
// record of its package; packages of distributions have none, and their scripts are beside the
// interpreter. Prints the module and the script, a line each.
constexpr const char* kSearch = R"(
import os, sys, sysconfig
from importlib.metadata import distributions
name = sys.argv[1]
for distribution in distributions():
    for entry in distribution.entry_points:
        if (entry.group, entry.name) != ("console_scripts", name):
            continue
        print(entry.module)
        recorded = [str(distribution.locate_file(file)) for file in distribution.files or ()
                    if file.name == name]
        folders = (sysconfig.get_path("scripts"), os.path.dirname(sys.executable))
        for path in recorded + [os.path.join(folder, name) for folder in folders]:
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                print(os.path.abspath(path))
                break
        sys.exit()
)";

}  // namespace

Result<EntryPoint> find_entry_point(const PythonInterpreter& python, const std::string& name) {
  const Result<CommandResult> search =
      run_command({python.executable, "-c", kSearch, name}, boot_environment());
  if (!search) return support::fail(search.error());
  const auto problem = [](const std::string& sentence) {
    return support::fail(Error::because(ErrorKind::kInput, sentence));
  };
  if (search->status != 0) {
    return problem(fmt::format("the installed commands of {} cannot be listed:\n{}",
                               python.executable, search->errors));
  }
  const size_t first = search->output.find('\n');
  if (first == std::string::npos) {
    return problem(fmt::format(
        "no package of {} has the entry point {} (console_scripts); install it or name another",
        python.executable, name));
  }
  const size_t second = search->output.find('\n', first + 1);
  if (second == std::string::npos) {
    return problem(
        fmt::format("the entry point {} has no script; install its package again", name));
  }
  return EntryPoint{search->output.substr(0, first),
                    search->output.substr(first + 1, second - first - 1)};
}

}  // namespace pysnap::launcher
