// Text for programs without a C library: comparing, numbers, one-line messages. Nothing allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pysnap::bare {

size_t length_of(const char* text);
bool equal(const char* a, const char* b);
bool starts_with(const char* text, const char* prefix);
// The value of `name` in an environment block, or nullptr when it is not set.
const char* environment_value(char** environment, const char* name);
// The same, and nullptr also when it is set to nothing, which counts as not set for CPython.
const char* meant_environment_value(char** environment, const char* name);
// The length of a path's directory with its slash: 0 where there is none.
size_t directory_length(const char* path, size_t size);
// What follows the last slash.
const char* last_part(const char* path);

// A part of a text, without a terminator.
struct Part {
  const char* begin;
  size_t size;
};
// Takes the next entry of a list with colons in between, as PATH is. `rest` begins as the whole
// list and is nullptr behind the last entry; false: there was none.
bool next_entry(const char*& rest, Part& entry);

// Reads hexadecimal digits from `text`, leaves `text` behind the last one.
uint64_t parse_hexadecimal(const char*& text);

// A message that grows in a fixed buffer and is cut when full: an error path must not fail itself.
class Message {
 public:
  Message& add(const char* text);
  Message& add(const char* text, size_t length);
  Message& add_number(int64_t value);
  Message& add_hexadecimal(uint64_t value);
  // Writes the text and a line end to standard error in one system call.
  void print() const;
  const char* text();

 private:
  static constexpr size_t kCapacity = 4096;
  char bytes_[kCapacity];
  size_t size_ = 0;
};

}  // namespace pysnap::bare
