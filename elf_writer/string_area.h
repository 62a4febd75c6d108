// The strings of a metadata block.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace pysnap::elf_writer {

// Strings with a terminator each, equal ones once; offset 0 is the empty string.
class StringArea {
 public:
  StringArea() { add(""); }
  uint64_t add(const std::string& text) {
    const auto [at, is_new] = offsets_.try_emplace(text, bytes_.size());
    if (is_new) bytes_.append(text.c_str(), text.size() + 1);
    return at->second;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::map<std::string, uint64_t> offsets_;
};

}  // namespace pysnap::elf_writer
