#include "launcher/installation.h"

#include <unistd.h>

#include <filesystem>

namespace pysnap::launcher {

using support::Error;
using support::ErrorKind;
using support::Result;

Result<Installation> find_installation() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return support::fail(Error::because(
        ErrorKind::kFailed, "/proc/self/exe cannot be read, and pysnap finds its parts by it"));
  }
  const std::filesystem::path bin = program.parent_path();
  const std::filesystem::path lib = bin.parent_path() / "lib" / "pysnap";
  const Installation parts = {bin / "pysnap-run", lib / "pysnap-boot", lib / "pysnap-agent.so",
                              lib / "python"};
  const std::string package = parts.package + "/pysnap/__init__.py";
  for (const std::string& part : {parts.run_program, parts.boot_program, parts.agent, package}) {
    if (::access(part.c_str(), R_OK) != 0) {
      return support::fail(Error::because(
          ErrorKind::kInput, fmt::format("{} is missing; install pysnap completely", part)));
    }
  }
  return parts;
}

}  // namespace pysnap::launcher
