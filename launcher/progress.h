// Progress of a long command: one changing line on a terminal, nothing elsewhere. Debian packages
// no C++ library for it.
#pragma once

#include <string>

namespace pysnap::launcher {

class Progress {
 public:
  // Writes to standard error, if that is a terminal.
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const std::string& step);

 private:
  void clear();
  bool on_terminal_;
  bool shown_ = false;
};

}  // namespace pysnap::launcher
