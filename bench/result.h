// Errors of the benchmark programs: one sentence, with what the operating system said.
#pragma once

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace pysnap::bench {

struct Error {
  std::string sentence;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string sentence) {
  return tl::unexpected(Error{std::move(sentence)});
}

inline tl::unexpected<Error> system_fail(const std::string& what, int error_number) {
  return fail(fmt::format("{}: {}", what, std::generic_category().message(error_number)));
}

}  // namespace pysnap::bench
