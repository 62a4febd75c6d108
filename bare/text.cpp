#include "bare/text.h"

#include "bare/system_call.h"

namespace pysnap::bare {

size_t length_of(const char* text) {
  size_t length = 0;
  while (text[length] != 0) ++length;
  return length;
}

bool equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

bool starts_with(const char* text, const char* prefix) {
  while (*prefix != 0) {
    if (*text++ != *prefix++) return false;
  }
  return true;
}

const char* environment_value(char** environment, const char* name) {
  const size_t length = length_of(name);
  for (; *environment != nullptr; ++environment) {
    if (starts_with(*environment, name) && (*environment)[length] == '=')
      return *environment + length + 1;
  }
  return nullptr;
}

const char* meant_environment_value(char** environment, const char* name) {
  const char* value = environment_value(environment, name);
  return value == nullptr || *value == 0 ? nullptr : value;
}

size_t directory_length(const char* path, size_t size) {
  while (size > 0 && path[size - 1] != '/') --size;
  return size;
}

const char* last_part(const char* path) { return path + directory_length(path, length_of(path)); }

bool next_entry(const char*& rest, Part& entry) {
  if (rest == nullptr) return false;
  const char* end = rest;
  while (*end != 0 && *end != ':') ++end;
  entry = {rest, static_cast<size_t>(end - rest)};
  rest = *end == 0 ? nullptr : end + 1;
  return true;
}

uint64_t parse_hexadecimal(const char*& text) {
  uint64_t value = 0;
  for (;; ++text) {
    const char c = *text;
    if (c >= '0' && c <= '9')
      value = value * 16 + static_cast<uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + static_cast<uint64_t>(c - 'a' + 10);
    else
      return value;
  }
}

Message& Message::add(const char* text) { return add(text, length_of(text)); }

Message& Message::add(const char* text, size_t length) {
  for (size_t i = 0; i < length && size_ < kCapacity - 2; ++i) bytes_[size_++] = text[i];
  return *this;
}

Message& Message::add_number(int64_t value) {
  char digits[24];
  size_t at = sizeof digits;
  const bool negative = value < 0;
  uint64_t rest = negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) digits[--at] = '-';
  return add(digits + at, sizeof digits - at);
}

Message& Message::add_hexadecimal(uint64_t value) {
  char digits[16];
  size_t at = sizeof digits;
  do {
    digits[--at] = "0123456789abcdef"[value & 15];
    value >>= 4;
  } while (value != 0);
  return add("0x").add(digits + at, sizeof digits - at);
}

void Message::print() const {
  char line[kCapacity];
  for (size_t i = 0; i < size_; ++i) line[i] = bytes_[i];
  line[size_] = '\n';
  write(2, line, size_ + 1);
}

const char* Message::text() {
  bytes_[size_] = 0;
  return bytes_;
}

}  // namespace pysnap::bare
