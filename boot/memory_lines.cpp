#include "boot/memory_lines.h"

#include "bare/system_call.h"
#include "bare/text.h"

namespace pysnap::boot {
namespace {

constexpr uint64_t kBufferSize = 16384;

bool read_all(char* buffer) {
  const bare::SystemResult opened = bare::open_read_only("/proc/self/maps");
  if (opened.failed()) return false;
  const int descriptor = static_cast<int>(opened.raw);
  uint64_t size = 0;
  for (;;) {
    const bare::SystemResult got =
        bare::read_at(descriptor, buffer + size, kBufferSize - 1 - size, size);
    if (got.failed() || size == kBufferSize - 1) return false;
    if (got.raw == 0) break;
    size += static_cast<uint64_t>(got.raw);
  }
  buffer[size] = 0;
  bare::close(descriptor);
  return true;
}

// "begin-end perms offset dev inode   name"; ends the name with a terminator in place.
const char* parse_line(char* line, MemoryLine& out, char*& next) {
  const char* at = line;
  out.begin = bare::parse_hexadecimal(at);
  ++at;
  out.end = bare::parse_hexadecimal(at);
  for (int fields = 0; fields < 4; ++fields) {
    while (*at == ' ') ++at;
    while (*at != ' ' && *at != '\n' && *at != 0) ++at;
  }
  while (*at == ' ') ++at;
  out.name = at;
  char* end = line + (at - line);
  while (*end != '\n' && *end != 0) ++end;
  next = *end == 0 ? end : end + 1;
  *end = 0;
  return at;
}

}  // namespace

bool for_each_mapping(void (*visit)(void* context, const MemoryLine& line), void* context) {
  char buffer[kBufferSize];
  if (!read_all(buffer)) return false;
  for (char* line = buffer; *line != 0;) {
    MemoryLine parsed;
    char* next = nullptr;
    parse_line(line, parsed, next);
    visit(context, parsed);
    line = next;
  }
  return true;
}

}  // namespace pysnap::boot
