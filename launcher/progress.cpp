#include "launcher/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace pysnap::launcher {

Progress::Progress() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

void Progress::show(const std::string& step) {
  if (!on_terminal_) return;
  constexpr size_t kWidest = 70;
  fmt::print(stderr, "\r\x1b[Kpysnap: {:.{}}", step, kWidest);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace pysnap::launcher
