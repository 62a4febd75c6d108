#include "restore/prewarmed.h"

#include "bare/text.h"
#include "format/program_key.h"
#include "restore/real_path.h"

namespace pysnap::restore {
namespace {

// Cuts off what is behind the last slash, and the slash. False: there is none.
bool cut_to_directory(char* path) {
  size_t end = bare::length_of(path);
  while (end > 0 && path[end - 1] != '/') --end;
  if (end == 0) return false;
  path[end - 1] = 0;
  return true;
}

// An interpreter is often a link: a virtual environment is where the link lies.
void find_interpreter(const char* interpreter, char* place) {
  bare::Path directory;
  size_t end = bare::length_of(interpreter);
  while (end > 0 && interpreter[end - 1] != '/') --end;
  directory.add(interpreter, end).add(".");
  if (!find_real_path(directory.text(), place)) return;
  const size_t length = bare::length_of(place);
  if (length + 1 < bare::kLongestPath) place[length] = '/', place[length + 1] = 0;
}

}  // namespace

PrewarmedPlaces::PrewarmedPlaces(char** environment, const LaunchOptions& options,
                                 const char* interpreter) {
  above_[0] = 0;
  const format::PythonCommand& command = options.command;
  if (command.kind == format::ProgramKind::kScript) {
    if (!find_real_path(command.program, above_)) return;
    key_ = format::program_key(command.kind, above_);
  } else if (command.kind == format::ProgramKind::kModule) {
    find_interpreter(interpreter, above_);
    key_ = format::program_key(command.kind, command.program);
  } else {
    return;  // what has no name cannot be named in a configuration
  }
  named_ = bare::meant_environment_value(environment, "PYSNAP_PATH");
}

const char* PrewarmedPlaces::next() {
  while (named_ != nullptr) {
    const char* begin = named_;
    const char* end = begin;
    while (*end != 0 && *end != ':') ++end;
    named_ = *end == 0 ? nullptr : end + 1;
    if (end == begin) continue;
    place_ = {};
    return place_.add(begin, static_cast<size_t>(end - begin)).text();
  }
  if (!cut_to_directory(above_)) return nullptr;
  place_ = {};
  return place_.add(above_).add("/").add(format::kPrewarmedDirectory).text();
}

}  // namespace pysnap::restore
