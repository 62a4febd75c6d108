#include "launcher/trial.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "launcher/child_process.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::Result;

constexpr const char* kNoBuild = "`pysnap build` does not work";

bool succeeded(const Result<CommandResult>& run) {
  return run && WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0;
}

// The sentence of a command of ours, or how it ended.
std::string reason_of(const Result<CommandResult>& run) {
  if (!run) return run.error().sentence;
  std::string text = run->errors;
  for (const std::string prefix : {"pysnap: ", "pysnap-run: "}) {
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  }
  return text.empty() ? describe_wait_status(run->status) : text;
}

Finding check_installation(Examined& examined) {
  constexpr const char* kName = "installation";
  const Result<Installation> parts = find_installation();
  if (!parts) return bad(kName, parts.error().sentence, kNoBuild, "");
  for (const std::string& program : {parts->run_program, parts->boot_program}) {
    if (::access(program.c_str(), X_OK) != 0)
      return bad(kName, Error::from_errno(fmt::format("{} cannot be executed", program)).sentence,
                 kNoBuild, "install pysnap again, on a file system that may hold programs");
  }
  examined.installation = *parts;
  return good(kName, fmt::format("complete, {}",
                                 std::filesystem::path(parts->run_program).parent_path().string()));
}

// By its own list of mappings, because a static interpreter names the library's file in its
// settings too.
std::string linkage_of(const PythonInterpreter& python) {
  const Result<CommandResult> maps =
      run_command({python.executable, "-I", "-S", "-c", "print(open('/proc/self/maps').read())"},
                  own_environment());
  const bool shared = succeeded(maps) && maps->output.find("/libpython") != std::string::npos;
  return shared ? "with libpython" : "without libpython";
}

Finding check_interpreter(const std::string& wanted, Examined& examined) {
  const Result<PythonInterpreter> python = probe_python(wanted);
  if (!python)
    return bad("interpreter", python.error().sentence, kNoBuild, "");  // the sentence has a way out
  examined.python = *python;
  return good("interpreter", fmt::format("CPython {}, {}, {}", python->version, python->executable,
                                         linkage_of(*python)));
}

// Removed with what is in it.
class TrialDirectory {
 public:
  explicit TrialDirectory(const std::string& first_choice) {
    std::error_code error;
    for (const std::string& place :
         {first_choice, std::filesystem::temp_directory_path(error).string()}) {
      std::string name = place + "/pysnap-doctor-XXXXXX";
      if (place.empty() || ::mkdtemp(name.data()) == nullptr) continue;
      path_ = name;
      return;
    }
  }
  TrialDirectory(const TrialDirectory&) = delete;
  TrialDirectory& operator=(const TrialDirectory&) = delete;
  ~TrialDirectory() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;  // empty: none could be made
};

}  // namespace

Examined check_parts(const std::string& python) {
  Examined examined;
  examined.findings.push_back(check_installation(examined));
  examined.findings.push_back(check_interpreter(python, examined));
  return examined;
}

Finding check_criu() {
  const Result<CommandResult> run =
      run_command({"/usr/bin/env", "criu", "--version"}, own_environment());
  constexpr int kNotFound = 127;
  if (run && WIFEXITED(run->status) && WEXITSTATUS(run->status) == kNotFound)
    return good("criu", "not installed, and not needed");
  if (!succeeded(run))
    return note("criu", fmt::format("does not work: {}", reason_of(run)),
                "nothing; pysnap does not need it", "repair or remove it");
  return good("criu", fmt::format("{}, not needed", run->output.substr(0, run->output.find('\n'))));
}

Finding check_trial(const Examined& examined, const std::string& directory) {
  constexpr const char* kName = "trial";
  if (!examined.installation || !examined.python)
    return bad(kName, "no image was made, for the reasons above", kNoBuild, "");
  const TrialDirectory place(directory);
  if (place.path().empty())
    return bad(kName, "there is no directory where an image can be made", kNoBuild,
               "name a directory that can be written in TMPDIR");
  const auto start = std::chrono::steady_clock::now();
  const std::string image = place.path() + "/trial.pysnap";
  const std::string& run_program = examined.installation->run_program;
  const std::string pysnap = std::filesystem::path(run_program).parent_path() / "pysnap";
  const Result<CommandResult> built = run_command(
      {pysnap, "build", "--python", examined.python->executable, "-o", image}, own_environment());
  if (!succeeded(built))
    return bad(kName, "no image could be made: " + reason_of(built), kNoBuild, "");
  const Result<CommandResult> launched = run_command(
      {run_program, "--explain", "--image", image, "-c", "print('launched')"}, own_environment());
  // Not a word of explanation: the image did it and not plain Python.
  if (!succeeded(launched) || launched->output != "launched\n" || !launched->errors.empty())
    return bad(kName, "an image could be made and not launched: " + reason_of(launched),
               "programs run on plain Python, or not at all", "");
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return good(kName, fmt::format("an image was made and launched, {:.1f} s", seconds));
}

}  // namespace pysnap::launcher
