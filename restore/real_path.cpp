#include "restore/real_path.h"

#include "bare/path.h"
#include "bare/system_call.h"
#include "bare/text.h"

namespace pysnap::restore {

bool find_real_path(const char* path, char* real) {
  constexpr long kPathOnly = 010000000;  // O_PATH
  constexpr long kAtCurrentDirectory = -100;
  real[0] = 0;
  const bare::SystemResult opened =
      bare::system_call(SYS_openat, kAtCurrentDirectory, bare::as_word(path), kPathOnly);
  if (opened.failed()) return false;
  bare::Message place;
  place.add("/proc/self/fd/").add_number(opened.raw);
  const bare::SystemResult length = bare::system_call(SYS_readlink, bare::as_word(place.text()),
                                                      bare::as_word(real), bare::kLongestPath - 1);
  bare::close(static_cast<int>(opened.raw));
  real[length.failed() ? 0 : length.raw] = 0;
  return real[0] == '/';
}

}  // namespace pysnap::restore
