#include "restore/prewarmed.h"

#include "bare/text.h"
#include "format/program_key.h"
#include "restore/real_path.h"

namespace pysnap::restore {
namespace {

// What lies in the directory of an interpreter, which is often a link: a virtual environment is
// where the link lies. Writes that path with a slash at its end.
void find_directory(const char* interpreter, char* path) {
  bare::Path directory;
  const size_t size = bare::directory_length(interpreter, bare::length_of(interpreter));
  directory.add(interpreter, size).add(".");
  if (!find_real_path(directory.text(), path)) return;
  const size_t length = bare::length_of(path);
  if (length + 1 < bare::kLongestPath) path[length] = '/', path[length + 1] = 0;
}

}  // namespace

PrewarmedPlaces::PrewarmedPlaces(char** environment, const LaunchOptions& options,
                                 const char* interpreter) {
  const format::PythonCommand& command = options.command;
  if (command.kind == format::ProgramKind::kScript) {
    if (!find_real_path(command.program, path_)) return;
    key_ = format::program_key(command.kind, path_);
  } else if (command.kind == format::ProgramKind::kModule) {
    find_directory(interpreter, path_);
    key_ = format::program_key(command.kind, command.program);
  } else {
    return;  // what has no name cannot be named in a configuration
  }
  end_ = bare::length_of(path_);
  named_ = bare::meant_environment_value(environment, "PYSNAP_PATH");
}

const char* PrewarmedPlaces::next_named() {
  for (bare::Part entry; bare::next_entry(named_, entry);) {
    if (entry.size == 0) continue;
    place_ = {};
    return place_.add(entry.begin, entry.size).text();
  }
  return nullptr;
}

const char* PrewarmedPlaces::next() {
  if (const char* named = next_named()) return named;
  end_ = bare::directory_length(path_, end_);
  const size_t length = bare::length_of(format::kPrewarmedDirectory);
  if (end_ == 0 || end_ + length >= sizeof path_) return nullptr;
  // What stood there is not needed any more: the search goes upwards.
  for (size_t i = 0; i <= length; ++i) path_[end_ + i] = format::kPrewarmedDirectory[i];
  --end_;
  return path_;
}

}  // namespace pysnap::restore
