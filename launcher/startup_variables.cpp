#include "launcher/startup_variables.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "launcher/child_process.h"
#include "launcher/python_options.h"

namespace pysnap::launcher {
namespace {

using elf_writer::Comparison;

// "Command line and environment" of the CPython 3.10-3.13 documentation, what start-up reads; and
// ld.so(8), and the locale's LC_CTYPE (setlocale(3)). HOME decides about the user's site directory.
constexpr const char* kAlways[] = {
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "GLIBC_TUNABLES",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONOPTIMIZE",
    "PYTHONDEBUG",
    "PYTHONCASEOK",
    "PYTHONPYCACHEPREFIX",
    "PYTHONHASHSEED",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONNOUSERSITE",
    "PYTHONUSERBASE",
    "PYTHONWARNINGS",
    "PYTHONFAULTHANDLER",
    "PYTHONMALLOC",
    "PYTHONCOERCECLOCALE",
    "PYTHONDEVMODE",
    "PYTHONUTF8",
    "PYTHONWARNDEFAULTENCODING",
    "PYTHONNODEBUGRANGES",
    "PYTHON_CPU_COUNT",
    "PYTHON_FROZEN_MODULES",
    "PYTHON_GIL",
};

// What they ask for is a report about one process from its first moment, a file named after its
// pid, a session with a person, or another name for the interpreter: no image has it, and a launch
// with one of them runs plain Python.
constexpr const char* kNever[] = {
    "PYTHONINSPECT",     "PYTHONVERBOSE",      "PYTHONTRACEMALLOC",       "PYTHONPROFILEIMPORTTIME",
    "PYTHONMALLOCSTATS", "PYTHONPERFSUPPORT",  "PYTHON_PERF_JIT_SUPPORT", "PYTHON_PRESITE",
    "PYTHONDUMPREFS",    "PYTHONDUMPREFSFILE", "PYTHONEXECUTABLE",
};

// Read once when the library is loaded, kept in its static data.
struct LibraryVariables {
  std::string_view library;  // part of a mapped file's name
  std::vector<const char*> variables;
};

const std::vector<LibraryVariables>& library_variables() {
  static const std::vector<LibraryVariables> table = {
      {"openblas",
       {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE",
        "OPENBLAS_MAIN_FREE", "OPENBLAS_VERBOSE"}},
      {"libgomp",
       {"OMP_NUM_THREADS", "OMP_DYNAMIC", "OMP_SCHEDULE", "OMP_PROC_BIND", "OMP_PLACES",
        "OMP_STACKSIZE", "OMP_WAIT_POLICY", "OMP_THREAD_LIMIT", "GOMP_CPU_AFFINITY",
        "GOMP_SPINCOUNT"}},
      {"libcrypto", {"OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ia32cap"}},
      {"_multiarray_umath", {"NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"}},
  };
  return table;
}

// Each name once: what comes first counts.
class VariableList {
 public:
  void add(const std::string& name, Comparison comparison) {
    for (const elf_writer::StartupVariable& known : variables_) {
      if (known.name == name) return;
    }
    const char* value = std::getenv(name.c_str());
    // CPython takes one of its own that is set to nothing for one that is not set.
    const bool is_meant = value != nullptr && (*value != 0 || comparison == Comparison::kValue ||
                                               !name.starts_with("PYTHON"));
    variables_.push_back(
        {name, is_meant ? std::optional<std::string>(value) : std::nullopt, comparison});
  }
  void add_unset(const std::string& name) { variables_.push_back({name, std::nullopt}); }
  std::vector<elf_writer::StartupVariable> take() { return std::move(variables_); }

 private:
  std::vector<elf_writer::StartupVariable> variables_;
};

bool is_kept(const std::string& variable) {
  for (const char* dropped : {"PYSNAP_", "PYTHONUNBUFFERED=", "PYTHONDONTWRITEBYTECODE="}) {
    if (variable.starts_with(dropped)) return false;
  }
  return std::none_of(std::begin(kNever), std::end(kNever), [&](const std::string_view name) {
    return variable.starts_with(name) && variable[name.size()] == '=';
  });
}

// Who depends on the directory itself finds nothing else there.
void add_directory(const DirectoryUse& use, std::vector<elf_writer::StartupVariable>& variables) {
  constexpr size_t kMostNames = 64;  // each costs a launch a system call
  std::error_code error;
  if (!use.user.empty() || (!use.seeker.empty() && use.absent.size() > kMostNames)) {
    variables.push_back({use.user.empty() ? use.seeker : use.user,
                         std::filesystem::current_path(error).string(), Comparison::kDirectory});
  } else if (!use.seeker.empty()) {
    for (const std::string& name : use.absent)
      variables.push_back({use.seeker, name, Comparison::kAbsent});
  }
}

}  // namespace

std::vector<elf_writer::StartupVariable> startup_variables(
    const snapshot::Snapshot& snapshot, const OtherVariables& others,
    const std::vector<std::string>& options) {
  VariableList variables;
  for (const std::string& name : others.ignored) variables.add(name, Comparison::kNone);
  const bool ignores_python = ignores_environment(options);
  for (const std::string_view name : kAlways) {
    if (!ignores_python || !name.starts_with("PYTHON"))
      variables.add(name.data(), Comparison::kValue);
  }
  if (!ignores_python) {
    for (const char* name : kNever) variables.add_unset(name);
  }
  for (const LibraryVariables& entry : library_variables()) {
    const bool mapped =
        std::any_of(snapshot.files.begin(), snapshot.files.end(), [&](const auto& file) {
          return file.original.path.find(entry.library) != std::string::npos;
        });
    if (!mapped) continue;
    for (const char* name : entry.variables) variables.add(name, Comparison::kValue);
  }
  for (const std::string& name : others.compared) variables.add(name, Comparison::kDigest);
  std::vector<elf_writer::StartupVariable> found = variables.take();
  add_directory(others.directory, found);
  return found;
}

bool decides_start(const std::string& name) {
  const auto is_name = [&name](const std::string_view known) { return name == known; };
  return name != "HOME" && (std::any_of(std::begin(kAlways), std::end(kAlways), is_name) ||
                            std::any_of(std::begin(kNever), std::end(kNever), is_name));
}

std::vector<std::string> boot_environment() {
  std::vector<std::string> variables = own_environment();
  std::erase_if(variables, [](const std::string& variable) { return !is_kept(variable); });
  return variables;
}

std::vector<std::string> environment_for(const format::ImageView& view) {
  std::vector<std::string> environment = boot_environment();
  for (const format::EnvironmentKey& key : view.environment()) {
    const bool is_value = key.kind == format::VariableKind::kValue;
    if (!is_value && key.kind != format::VariableKind::kUnset) continue;
    const std::string name = fmt::format("{}=", view.string(key.name));
    std::erase_if(environment,
                  [&name](const std::string& entry) { return entry.starts_with(name); });
    if (is_value) environment.push_back(name + view.string(key.value));
  }
  return environment;
}

}  // namespace pysnap::launcher
