// Errors as values: what kind, the saved errno if any, one sentence that names the thing and the
// way out. Library code returns them; only `main` prints them.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace pysnap::support {

enum class ErrorKind {
  kUsage,     // the command line asks for something impossible
  kInput,     // a file, interpreter or module is not what it must be
  kRefused,   // policy: this process cannot be frozen
  kFailed,    // the operating system said no
  kInternal,  // a promise of ours was broken
};

struct Error {
  ErrorKind kind;
  int number;  // errno, or 0
  std::string sentence;
  std::vector<std::string> blamed = {};  // modules without which it might go well

  static Error because(ErrorKind kind, std::string sentence) {
    return {kind, 0, std::move(sentence), {}};
  }
  // Captures errno; call it before anything else can change it.
  static Error from_errno(std::string what) {
    const int saved = errno;
    return {ErrorKind::kFailed, saved, fmt::format("{}: {}", what, std::strerror(saved)), {}};
  }
  Error in(const std::string& context) const {
    return {kind, number, fmt::format("{}: {}", context, sentence), blamed};
  }
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace pysnap::support
