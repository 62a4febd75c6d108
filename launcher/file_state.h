// What is found at a path.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "elf_writer/image_contents.h"

namespace pysnap::launcher {

using elf_writer::FileState;

bool same_modified(const FileState& one, const FileState& other);
bool same_changed(const FileState& one, const FileState& other);

// Whether a path is that of a folder or leads into it.
bool is_in(const std::string& path, const std::string& folder);

// The kernel's own files say nothing about a launch; to read one can take for ever.
bool is_of_kernel(const std::string& path);

// What stat(2) says now; what cannot be examined counts as missing. A directory is never kListed.
FileState examine_path(const std::string& path);

// The digest of a file's bytes.
uint64_t digest_of_file(const std::string& path);

// How long it takes until a change of what is there gets another time than it has now; 0: it would
// get one already. More than kLongestWait: nobody waits for it, the clock was put back.
std::chrono::nanoseconds until_times_tell(const FileState& state);
inline constexpr std::chrono::seconds kLongestWait{3};

// The entries of a directory; none where it cannot be listed.
std::vector<std::string> names_in(const std::string& directory);

// An absolute path without empty components and those that are "."; `path` counts from `base`.
// ".." stays: what it means depends on symbolic links.
std::string plain_path(const std::string& base, const std::string& path);

}  // namespace pysnap::launcher
