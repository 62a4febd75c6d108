// Texts in a form of our own or the kernel's, taken apart.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace pysnap::support {

// The whole text must be a number; else false, and `value` means nothing.
template <typename Number>
bool parse_number(std::string_view text, int base, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

// One part more than there are separators, so at least one.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != std::string_view::npos; begin = end + 1)
    parts.emplace_back(text.substr(begin, end - begin));
  parts.emplace_back(text.substr(begin));
  return parts;
}

}  // namespace pysnap::support
