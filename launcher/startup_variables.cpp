#include "launcher/startup_variables.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "launcher/child_process.h"

namespace pysnap::launcher {
namespace {

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
    "PYTHONINSPECT",
    "PYTHONVERBOSE",
    "PYTHONCASEOK",
    "PYTHONPYCACHEPREFIX",
    "PYTHONHASHSEED",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONNOUSERSITE",
    "PYTHONUSERBASE",
    "PYTHONEXECUTABLE",
    "PYTHONWARNINGS",
    "PYTHONFAULTHANDLER",
    "PYTHONTRACEMALLOC",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONASYNCIODEBUG",
    "PYTHONMALLOC",
    "PYTHONMALLOCSTATS",
    "PYTHONCOERCECLOCALE",
    "PYTHONDEVMODE",
    "PYTHONUTF8",
    "PYTHONWARNDEFAULTENCODING",
    "PYTHONNODEBUGRANGES",
    "PYTHONPERFSUPPORT",
    "PYTHON_PERF_JIT_SUPPORT",
    "PYTHON_CPU_COUNT",
    "PYTHON_FROZEN_MODULES",
    "PYTHON_GIL",
    "PYTHON_PRESITE",
    "PYTHONDUMPREFS",
    "PYTHONDUMPREFSFILE",
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

struct ModuleVariables {
  std::string_view module;
  std::vector<const char*> variables;
};

const std::vector<ModuleVariables>& module_variables() {
  static const std::vector<ModuleVariables> table = {
      {"matplotlib", {"MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC"}},
      {"asyncio", {"PYTHONASYNCIODEBUG"}},
  };
  return table;
}

void add(std::vector<elf_writer::StartupVariable>& variables, const char* name) {
  for (const elf_writer::StartupVariable& known : variables) {
    if (known.name == name) return;
  }
  const char* value = std::getenv(name);
  variables.push_back({name, value == nullptr ? std::nullopt : std::optional<std::string>(value)});
}

bool is_kept(const std::string& variable) {
  for (const char* dropped : {"PYSNAP_", "PYTHONUNBUFFERED=", "PYTHONDONTWRITEBYTECODE="}) {
    if (variable.starts_with(dropped)) return false;
  }
  return true;
}

}  // namespace

std::vector<elf_writer::StartupVariable> startup_variables(
    const snapshot::Snapshot& snapshot, const std::vector<std::string>& modules) {
  std::vector<elf_writer::StartupVariable> variables;
  for (const char* name : kAlways) add(variables, name);
  for (const LibraryVariables& entry : library_variables()) {
    const bool mapped =
        std::any_of(snapshot.files.begin(), snapshot.files.end(), [&](const auto& file) {
          return file.original.path.find(entry.library) != std::string::npos;
        });
    if (!mapped) continue;
    for (const char* name : entry.variables) add(variables, name);
  }
  for (const ModuleVariables& entry : module_variables()) {
    if (std::find(modules.begin(), modules.end(), entry.module) == modules.end()) continue;
    for (const char* name : entry.variables) add(variables, name);
  }
  return variables;
}

std::vector<std::string> boot_environment() {
  std::vector<std::string> variables = own_environment();
  std::erase_if(variables, [](const std::string& variable) { return !is_kept(variable); });
  return variables;
}

}  // namespace pysnap::launcher
