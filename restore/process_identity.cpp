#include "restore/process_identity.h"

#include <sys/mman.h>
#include <sys/prctl.h>

#include "bare/system_call.h"
#include "bare/text.h"

namespace pysnap::restore {
namespace {

// The kernel shows the bytes between two addresses of this process, which must be anonymous memory.
struct Area {
  char* begin;
  char* end;
};

void copy(char* to, const char* from, size_t size) {
  for (size_t i = 0; i < size; ++i) to[i] = from[i];
}

// Puts the interpreter's name before the arguments: over the launcher's own options when they are
// long enough, which costs nothing, else everything into new memory.
Area command_line_area(const bare::ProcessStart& start, const char* interpreter,
                       char* first_argument, char* end) {
  const size_t name_size = bare::length_of(interpreter) + 1;
  if (static_cast<size_t>(first_argument - start.arguments[0]) >= name_size) {
    copy(first_argument - name_size, interpreter, name_size);
    return {first_argument - name_size, end};
  }
  const size_t rest = static_cast<size_t>(end - first_argument);
  const bare::SystemResult mapped =
      bare::map(0, name_size + rest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped.failed()) return {nullptr, nullptr};
  char* begin = reinterpret_cast<char*>(mapped.raw);
  copy(begin, interpreter, name_size);
  copy(begin + name_size, first_argument, rest);
  return {begin, begin + name_size + rest};
}

char* end_of(char* text) { return text + bare::length_of(text) + 1; }

}  // namespace

void set_process_name(const char* interpreter) {
  bare::system_call(SYS_prctl, PR_SET_NAME, bare::as_word(bare::last_part(interpreter)));
}

// PR_SET_MM_MAP needs no privilege as long as /proc/PID/exe stays (prctl(2),
// prctl_set_mm_map() of kernel/sys.c) and a kernel with CONFIG_CHECKPOINT_RESTORE. Writing over the
// old arguments alone would leave zero bytes behind them, which tools take for empty arguments.
void show_command_line(const bare::ProcessStart& start, const char* interpreter, char** arguments) {
  if (start.argument_count < 1) return;
  char* end = end_of(start.arguments[start.argument_count - 1]);
  char* first = *arguments == nullptr ? end : *arguments;
  const Area area = command_line_area(start, interpreter, first, end);
  if (area.begin == nullptr) return;
  char** last = start.environment;
  while (*last != nullptr) ++last;
  const auto number = [](const void* address) { return reinterpret_cast<uint64_t>(address); };
  constexpr uint64_t kLowest = 0x10000;  // at least vm.mmap_min_addr, which bounds every field
  const uint64_t code = number(reinterpret_cast<const void*>(&show_command_line));
  const auto brk = static_cast<uint64_t>(bare::system_call(SYS_brk, 0).raw);
  prctl_mm_map map = {};
  map.start_code = code;
  map.end_code = code + 1;
  map.start_data = map.end_data = kLowest;  // they count towards RLIMIT_DATA
  map.start_brk = map.brk = brk;            // no break was ever asked for
  map.start_stack = number(start.arguments);
  map.arg_start = number(area.begin);
  map.arg_end = number(area.end);
  map.env_start = last == start.environment ? number(end) : number(start.environment[0]);
  map.env_end = last == start.environment ? number(end) : number(end_of(last[-1]));
  map.exe_fd = ~uint32_t{0};
  bare::system_call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, bare::as_word(&map), sizeof map);
}

}  // namespace pysnap::restore
