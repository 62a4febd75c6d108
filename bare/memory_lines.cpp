#include "bare/memory_lines.h"

#include "bare/system_call.h"
#include "bare/text.h"

namespace pysnap::bare {
namespace {

constexpr uint64_t kBufferSize = 16384;  // longer than any line: a path has at most 4096 bytes

// "begin-end perms offset dev inode   name", with a terminator at its end.
void visit_line(const char* line, void (*visit)(void*, const MemoryLine&), void* context) {
  MemoryLine parsed;
  parsed.begin = parse_hexadecimal(line);
  ++line;
  parsed.end = parse_hexadecimal(line);
  for (int fields = 0; fields < 4; ++fields) {
    while (*line == ' ') ++line;
    while (*line != ' ' && *line != 0) ++line;
  }
  while (*line == ' ') ++line;
  parsed.name = line;
  visit(context, parsed);
}

}  // namespace

bool for_each_mapping(void (*visit)(void* context, const MemoryLine& line), void* context) {
  const SystemResult opened = open_read_only("/proc/self/maps");
  if (opened.failed()) return false;
  const int descriptor = static_cast<int>(opened.raw);
  char buffer[kBufferSize];
  uint64_t kept = 0;  // the beginning of a line whose end has not been read
  uint64_t position = 0;
  SystemResult got = {0};
  while ((got = read_at(descriptor, buffer + kept, kBufferSize - kept, position)).raw > 0) {
    position += static_cast<uint64_t>(got.raw);
    const uint64_t size = kept + static_cast<uint64_t>(got.raw);
    uint64_t line = 0;
    for (uint64_t at = kept; at < size; ++at) {
      if (buffer[at] != '\n') continue;
      buffer[at] = 0;
      visit_line(buffer + line, visit, context);
      line = at + 1;
    }
    kept = size - line;
    for (uint64_t i = 0; i < kept; ++i) buffer[i] = buffer[line + i];
  }
  close(descriptor);
  return got.raw == 0 && kept == 0;
}

}  // namespace pysnap::bare
