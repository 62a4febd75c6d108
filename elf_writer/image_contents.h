// What an image is made of, beside the snapshot: decided by the builder, written as given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/image_format.h"

namespace pysnap::elf_writer {

struct StartupVariable {
  std::string name;
  std::optional<std::string> value;
};

struct ImageContents {
  std::string interpreter;          // what plain Python is started as
  std::string interpreter_version;  // "3.11.2"
  std::string interpreter_file;     // the program file behind it, one of the snapshot's files
  std::vector<std::string> modules;
  std::vector<std::string> notices;
  std::vector<StartupVariable> startup;
  std::vector<std::string> options;  // of Python, that the interpreter was started with
  std::vector<format::HotRun> hot_runs;
  std::string restorer;  // bytes of the pysnap-run program, embedded in the image
  uint64_t created_seconds = 0;
  uint64_t generation = 0;
  std::string program;        // the script of an image for one program; else empty
  uint32_t program_kind = 0;  // as in the header
};

}  // namespace pysnap::elf_writer
