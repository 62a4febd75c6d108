#include "launcher/python_probe.h"

#include <elf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "launcher/child_process.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;

constexpr const char* kSupported = "CPython 3.10, 3.11, 3.12 and 3.13 are supported";

tl::unexpected<Error> not_usable(const std::string& python, const std::string& why) {
  return support::fail(Error::because(ErrorKind::kInput, fmt::format("{} {}", python, why)));
}

Result<std::string> find_on_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.erase(0, std::min(colon + 1, rest.size()));
  }
  return not_usable(name, "is not on PATH; name an interpreter with --python");
}

std::string wanted_or_default(const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  const char* environment = std::getenv("VIRTUAL_ENV");
  if (environment != nullptr && *environment != 0) return fmt::format("{}/bin/python", environment);
  return "python3";
}

// One line per fact, so that nothing needs quoting but a path with a line end.
constexpr const char* kProbe =
    "import sys;print(sys.implementation.name);print('%d.%d.%d'%sys.version_info[:3]);"
    "print(sys.abiflags);print(sys.executable)";

struct ProbeAnswer {
  std::string implementation, version, flags, executable;
};

// Reasons of execve(2) that lie in the file, not in the state of the system.
bool is_about_the_file(int number) {
  return number == EACCES || number == ENOENT || number == ENOEXEC || number == ELIBBAD;
}

Result<ProbeAnswer> ask(const std::string& python) {
  const Result<CommandResult> run =
      run_command({python, "-I", "-S", "-c", kProbe}, own_environment());
  if (!run && ::access(python.c_str(), F_OK) != 0)
    return not_usable(python, "does not exist; name an interpreter with --python");
  if (!run && is_about_the_file(run.error().number)) {
    return not_usable(python, fmt::format("is not a program that can be executed ({}); name an "
                                          "interpreter with --python",
                                          std::strerror(run.error().number)));
  }
  if (!run) return support::fail(run.error());
  std::vector<std::string> lines;
  std::string rest = run->output;
  for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
    lines.push_back(rest.substr(0, end));
  if (run->status != 0 || lines.size() != 4)
    return not_usable(python,
                      "is not a Python 3 interpreter: it did not answer as one; name an "
                      "interpreter with --python");
  return ProbeAnswer{lines[0], lines[1], lines[2], lines[3]};
}

bool version_is_supported(const std::string& version) {
  for (const char* supported : {"3.10.", "3.11.", "3.12.", "3.13."}) {
    if (version.starts_with(supported)) return true;
  }
  return false;
}

Result<std::string> read_loader(const std::string& file) {
  const Result<support::MappedFile> mapped = support::MappedFile::map(file);
  if (!mapped) return support::fail(mapped.error());
  const auto bytes = mapped->bytes();
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header) return not_usable(file, "is not an ELF program");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_machine != EM_X86_64)
    return not_usable(file, "is not an ELF program for x86-64");
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const uint64_t at = header.e_phoff + i * sizeof segment;
    if (at > bytes.size() || sizeof segment > bytes.size() - at) break;
    std::memcpy(&segment, bytes.data() + at, sizeof segment);
    if (segment.p_type == PT_INTERP && segment.p_filesz > 1 && segment.p_offset <= bytes.size() &&
        segment.p_filesz <= bytes.size() - segment.p_offset)
      return std::string(reinterpret_cast<const char*>(bytes.data() + segment.p_offset),
                         segment.p_filesz - 1);
  }
  return not_usable(file, "has no dynamic loader; a fully static interpreter cannot be frozen");
}

}  // namespace

Result<PythonInterpreter> probe_python(const std::string& wanted) {
  const Result<std::string> path = find_on_path(wanted_or_default(wanted));
  if (!path) return support::fail(path.error());
  const Result<ProbeAnswer> answer = ask(*path);
  if (!answer) return support::fail(answer.error());
  if (answer->implementation != "cpython") {
    return not_usable(*path,
                      fmt::format("is {}, not CPython; {}", answer->implementation, kSupported));
  }
  if (!version_is_supported(answer->version))
    return not_usable(*path, fmt::format("is version {}; {}", answer->version, kSupported));
  if (answer->flags.find('t') != std::string::npos)
    return not_usable(*path, "is a free-threaded build, which is not supported yet");
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(answer->executable, error);
  if (error) return not_usable(*path, "names an executable of its own that does not exist");
  const Result<std::string> loader = read_loader(file);
  if (!loader) return support::fail(loader.error());
  return PythonInterpreter{answer->executable, file, *loader, answer->version};
}

}  // namespace pysnap::launcher
