// What an image is made of, beside the snapshot: decided by the builder, written as given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/image_format.h"
#include "snapshot/relocations.h"

namespace pysnap::elf_writer {

enum class Comparison {
  kValue,   // with the value itself
  kDigest,  // with its digest: it may be a secret
  kNone,
  kDirectory,  // with the working directory of the launch; the name is that of a module
  kAbsent,     // with what is in the working directory; the same
};

struct StartupVariable {
  std::string name;
  std::optional<std::string> value;
  Comparison comparison = Comparison::kValue;
};

// Which names of a listed directory matter (format/listing.h), and their digest.
struct DirectoryListing {
  uint32_t rules = 0;
  std::vector<uint64_t> stems;  // hashes, ascending
  uint64_t digest = 0;
};

// What is found at a path. Identity counts for files and directories.
struct FileState {
  format::DependencyKind kind = format::DependencyKind::kMissing;
  uint64_t size = 0;
  uint64_t inode = 0;
  int64_t modified_seconds = 0;
  uint32_t modified_nanoseconds = 0;
  int64_t changed_seconds = 0;
  uint32_t changed_nanoseconds = 0;
  uint64_t digest = 0;  // of a file's bytes, as in format::Dependency; 0: not asked for, not known
};

// What was found at a path that the boot looked up.
struct Dependency {
  std::string path;  // absolute
  FileState state;
  DirectoryListing listing;  // of a kListed one
};

struct ImageContents {
  std::string interpreter;          // what plain Python is started as
  std::string interpreter_version;  // "3.11.2"
  std::string interpreter_file;     // the program file behind it, one of the snapshot's files
  std::vector<std::string> modules;
  std::vector<std::string> notices;
  std::vector<StartupVariable> startup;
  std::vector<std::string> captured;  // variables of the build whose values are in the snapshot
  std::vector<std::string> options;   // of Python, that the interpreter was started with
  std::vector<format::HotRun> hot_runs;
  std::vector<Dependency> dependencies;
  std::optional<snapshot::Relocations> relocations;  // nothing: the image stays at its place
  uint32_t flags = 0;                                // as in the header
  std::string restorer;  // bytes of the pysnap-run program, embedded in the image
  uint64_t created_seconds = 0;
  uint64_t generation = 0;
  std::string program;        // the script of an image for one program; else empty
  uint32_t program_kind = 0;  // as in the header
};

}  // namespace pysnap::elf_writer
