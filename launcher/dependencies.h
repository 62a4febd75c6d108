// What an image depends on: which of the paths that its boot reached are kept, and what of them is
// compared. The rules are in dependencies.cpp.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "elf_writer/image_contents.h"
#include "launcher/access_record.h"

namespace pysnap::launcher {

// What the import system did in one directory.
struct SearchedDirectory {
  bool is_on_search_path = false;  // of sys.path; else of the path of a package
  uint32_t listings = 0;           // by the import system itself
  std::set<std::string> names;     // of modules, found or not, without their packages
};

// A path as it was accessed, and what is there at the end of the build.
struct SeenPath {
  AccessedPath access;
  FileState now;
  std::vector<std::string> names_now;
  bool may_keep_times = false;  // the next change could leave the times of `now` as they are
};

struct DependencyFacts {
  std::map<std::string, SeenPath> paths;
  std::map<std::string, SearchedDirectory> searched;
  bool reads_distributions = false;  // something asks which distributions are installed
  std::vector<std::string> own;      // files and folders of pysnap
  std::set<std::string> identified;  // paths with a check of their own
  std::vector<elf_writer::Dependency> inherited;      // from the image that this one is made from
  std::vector<elf_writer::Dependency> configuration;  // what was there when it was read
};

struct Dependencies {
  std::vector<elf_writer::Dependency> kept;  // in the order of their paths
  std::vector<std::string> changed;          // by others, while the image was made
};

// Looks at all paths once more, and at the bytes of files that have no check of their own; at a
// moment from which on no change can leave the times as they are.
std::map<std::string, SeenPath> look_again(AccessedPaths accessed,
                                           const std::set<std::string>& identified);

Dependencies dependencies_of(const DependencyFacts& facts);

// Of the names of a directory that matter (format/listing.h).
uint64_t digest_of(const elf_writer::DirectoryListing& listing,
                   const std::vector<std::string>& names);

}  // namespace pysnap::launcher
