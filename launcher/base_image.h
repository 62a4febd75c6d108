// The image that another one is made from (`pysnap build --from`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elf_writer/image_contents.h"
#include "format/agent_contract.h"
#include "launcher/directory_use.h"
#include "launcher/python_probe.h"
#include "snapshot/original_file.h"
#include "support/error.h"

namespace pysnap::launcher {

struct BaseImage {
  std::string path;
  std::string mapped_path;  // as the kernel names what is mapped of it
  uint64_t inode;
  uint64_t ceiling;
  PythonInterpreter python;  // without its loader, which nobody starts
  std::vector<std::string> python_options;
  format::ProgramKind program_kind;  // 0: it has no program of its own
  std::string program;
  std::vector<std::string> notices;
  std::vector<std::string> startup_variables;  // their names
  std::vector<std::string> ignored_variables;
  DirectoryUse directory;
  std::vector<std::string> captured_variables;
  std::vector<snapshot::OriginalFile> files;
  std::vector<elf_writer::Dependency> dependencies;
  uint32_t flags;  // as in its header
};

// Rejects what a launch would reject. Whether the image fits this machine, its launch finds out.
support::Result<BaseImage> open_base_image(const std::string& path);

}  // namespace pysnap::launcher
