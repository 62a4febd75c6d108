// The two random words that glibc keeps in the thread block: the stack canary (fs:0x28) and the
// pointer guard (fs:0x30; glibc's sysdeps/x86_64/nptl/tls.h). New ones for each launch.
//
// The canary is inside every frame that a protected function will return from. A launch begins on a
// fresh part of the stack and never returns into the frames of the boot, so a new one can be set
// where none of its frames exists yet; new threads copy it. The exception are frames that something
// saved to go on with later, as greenlet does: then the boot's canary stays.
//
// The guard is mixed into function pointers that glibc keeps in writable memory (PTR_MANGLE):
// rol(pointer ^ guard, 17). With another guard each of them has to be mixed again, or a jump goes
// anywhere; and most are kept in places without a name. So all writable memory is searched, before
// the freeze, for words that are an address of code under this guard. Where each one found is part
// of a structure that is understood, the launch gives all of them the new guard: a change of guard
// is one exclusive-or. Where one is not (name service modules, character set modules, streams with
// functions of their own), the boot's guard stays. A random word passes for code once in some 2^36,
// and all that follows is that the guard stays.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

constexpr uintptr_t kPage = 4096;
constexpr int kMostMappings = 16384;
constexpr int kMostMangled = 8192;
constexpr size_t kTextSize = size_t{8} << 20;  // of /proc/self/maps
constexpr size_t kFrameReach = 64 << 10;       // more than a frame with a jump buffer takes

struct Mapping {
  uintptr_t begin;
  uintptr_t end;
  bool writable;
  bool executable;
  uintptr_t inode;  // of the file; 0: none
};

// Used before the freeze only, in memory that is given back.
struct Workspace {
  Mapping mappings[kMostMappings];
  int mapping_count;
  uintptr_t own_inode;
  uintptr_t code_begin;
  uintptr_t code_end;
  uint64_t page_words[512];
  char text[kTextSize];
};

uintptr_t* mangled[kMostMangled];
int mangled_count = 0;
bool renews_guard = false;
bool renews_canary = false;

uintptr_t read_guard() {
  uintptr_t guard;
  __asm__ volatile("mov %%fs:0x30, %0" : "=r"(guard));
  return guard;
}

constexpr uintptr_t rotate_left(uintptr_t word) { return word << 17 | word >> 47; }
constexpr uintptr_t rotate_right(uintptr_t word) { return word >> 17 | word << 47; }

// Behind a mapping's rights: " offset major:minor inode path".
uintptr_t inode_of(char* text) {
  strtoul(text, &text, 16);
  strtoul(text, &text, 16);
  strtoul(text + 1, &text, 16);
  return strtoul(text, nullptr, 10);
}

bool read_mappings(Workspace& work) {
  const int descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < kTextSize - 1; size += static_cast<size_t>(got)) {
    got = read(descriptor, work.text + size, kTextSize - 1 - size);
    if (got < 0) break;
  }
  close(descriptor);
  work.code_begin = UINTPTR_MAX;
  for (char* line = work.text; *line != 0;) {  // "begin-end rwxp ..."
    if (work.mapping_count == kMostMappings) return false;
    char* at = line;
    Mapping& mapping = work.mappings[work.mapping_count++];
    mapping.begin = strtoul(at, &at, 16);
    mapping.end = strtoul(at + 1, &at, 16);
    mapping.writable = at[2] == 'w' && at[4] == 'p';
    constexpr uintptr_t kUserEnd = uintptr_t{1} << 47;  // above it, [vsyscall]
    mapping.executable = at[3] == 'x' && mapping.begin < kUserEnd;
    if (mapping.executable && mapping.begin < work.code_begin) work.code_begin = mapping.begin;
    if (mapping.executable) work.code_end = mapping.end;
    line = strchrnul(at, '\n');
    mapping.inode = inode_of(at + 5);
    if (*line != 0) ++line;
  }
  return size > 0 && size < kTextSize - 1;
}

const Mapping* find_mapping(const Workspace& work, uintptr_t address) {
  int first = 0;  // they are in order
  int end = work.mapping_count;
  while (first < end) {
    const int middle = (first + end) / 2;
    if (address < work.mappings[middle].begin)
      end = middle;
    else if (address >= work.mappings[middle].end)
      first = middle + 1;
    else
      return &work.mappings[middle];
  }
  return nullptr;
}

bool is_code(const Workspace& work, uintptr_t address) {
  if (address < work.code_begin || address >= work.code_end) return false;
  const Mapping* mapping = find_mapping(work, address);
  return mapping != nullptr && mapping->executable;
}

bool keep(uintptr_t* word) {
  if (mangled_count == kMostMangled) return false;
  mangled[mangled_count++] = word;
  return true;
}

// An entry of the list that exit(3) works off (glibc's stdlib/exit.h): {kind, function, argument,
// library}, in blocks of {next, used, 32 entries}. Kinds 2, 3, 4 hold a mangled function.
bool is_exit_function(const Workspace& work, const uintptr_t* word, uintptr_t guard) {
  constexpr uintptr_t kBlock = 32;
  constexpr uintptr_t kWordsOfEntry = 4;
  if (word[-1] < 2 || word[-1] > 4) return false;
  for (uintptr_t index = 0; index < kBlock; ++index) {
    const uintptr_t* entries = word - 1 - index * kWordsOfEntry;
    const Mapping* mapping = find_mapping(work, reinterpret_cast<uintptr_t>(entries - 2));
    if (mapping == nullptr || !mapping->writable) return false;
    const uintptr_t used = entries[-1];
    if (used > kBlock || used <= index) continue;
    bool all_known = true;
    for (uintptr_t i = 0; i < used && all_known; ++i) {
      const uintptr_t kind = entries[i * kWordsOfEntry];
      all_known = kind < 2 || (kind <= 4 &&
                               is_code(work, rotate_right(entries[i * kWordsOfEntry + 1]) ^ guard));
    }
    if (all_known) return true;
  }
  return false;
}

// An entry of the list of C++ destructors of this thread (stdlib/cxa_thread_atexit_impl.c):
// {function, object, library's link map, next}.
bool is_thread_exit_function(const uintptr_t* word) {
  void* program = dlopen(nullptr, RTLD_LAZY | RTLD_NOLOAD);
  const link_map* map = nullptr;
  if (program == nullptr || dlinfo(program, RTLD_DI_LINKMAP, &map) != 0) return false;
  while (map->l_prev != nullptr) map = map->l_prev;
  while (map != nullptr && reinterpret_cast<uintptr_t>(map) != word[2]) map = map->l_next;
  dlclose(program);
  return map != nullptr;
}

// The last word of a jump buffer (x86-64 jmpbuf-offsets.h: rbx, rbp, r12-r15, rsp, pc; rbp, rsp and
// pc are mangled) that lies in the frame of the function that filled it.
bool is_jump_in_own_frame(const uintptr_t* word, uintptr_t guard) {
  const uintptr_t stack = rotate_right(word[-1]) ^ guard;
  const uintptr_t own = reinterpret_cast<uintptr_t>(word);
  return stack < own && own - stack < kFrameReach;
}

// On this thread's stack, above the frames of the boot, is the buffer pthread_exit(3) jumps to.
// Below are remains. In other stacks, the buffers of threads that are no more.
bool understand(const Workspace& work, uintptr_t* word, uintptr_t guard, uintptr_t frame,
                const Mapping& stack) {
  const uintptr_t own = reinterpret_cast<uintptr_t>(word);
  const Mapping* mapping = find_mapping(work, own);
  // What is looked at around a word: the one before it and the three behind.
  if (own < mapping->begin + 8 || own + 32 > mapping->end) return false;
  const bool jump = is_jump_in_own_frame(word, guard);
  if (own >= frame && own < stack.end) {
    return !jump || (keep(word) && keep(word - 1) && keep(word - 6));
  }
  if (own < frame && own >= stack.begin) return true;
  if (jump) return true;
  return (is_exit_function(work, word, guard) || is_thread_exit_function(word)) && keep(word);
}

// Looks at the pages of a mapping that exist (pagemap of proc(5): bits 63 and 62). Pages of an
// image that nobody has touched yet do not seem to: in a launch, all that lies in one file with our
// own code is looked at.
bool search_mapping(Workspace& work, const Mapping& mapping, int pagemap, uintptr_t frame,
                    const Mapping& stack) {
  const uintptr_t guard = read_guard();
  const bool looks_at_all = mapping.inode == work.own_inode;
  constexpr uintptr_t kChunk = sizeof work.page_words / sizeof work.page_words[0];
  for (uintptr_t begin = mapping.begin; begin < mapping.end; begin += kChunk * kPage) {
    memset(work.page_words, 0xff, sizeof work.page_words);  // without a pagemap: look at all
    const uintptr_t left = (mapping.end - begin) / kPage;
    const uintptr_t count = left < kChunk ? left : kChunk;
    const ssize_t got = looks_at_all ? -1
                                     : pread(pagemap, work.page_words, count * 8,
                                             static_cast<off_t>(begin / kPage * 8));
    if (got < 0) memset(work.page_words, 0xff, sizeof work.page_words);
    for (uintptr_t page = 0; page < count; ++page) {
      if (work.page_words[page] >> 62 == 0) continue;
      auto* words = reinterpret_cast<uintptr_t*>(begin + page * kPage);
      for (size_t i = 0; i < kPage / sizeof(uintptr_t); ++i) {
        const uintptr_t address = rotate_right(words[i]) ^ guard;
        if (!is_code(work, address)) continue;
        if (!understand(work, &words[i], guard, frame, stack)) return false;
      }
    }
  }
  return true;
}

// The stack of a launched process is more than one mapping: what the image holds of it, and what
// the launch has added below.
Mapping stack_around(const Workspace& work, uintptr_t frame) {
  const Mapping* first = find_mapping(work, frame);
  if (first == nullptr) return {};
  const Mapping* last = first;
  const Mapping* begin = work.mappings;
  const Mapping* end = work.mappings + work.mapping_count;
  while (first > begin && first[-1].end == first->begin && first[-1].writable) --first;
  while (last + 1 < end && last[1].begin == last->end && last[1].writable) ++last;
  return {first->begin, last->end, true, false, 0};
}

bool search_memory(Workspace& work, uintptr_t frame) {
  if (!read_mappings(work)) return false;
  const Mapping* own_code = find_mapping(work, reinterpret_cast<uintptr_t>(&note_guards));
  work.own_inode = own_code == nullptr || own_code->inode == 0 ? UINTPTR_MAX : own_code->inode;
  const Mapping stack = stack_around(work, frame);
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  bool understood = stack.end != 0;
  for (int i = 0; i < work.mapping_count && understood; ++i) {
    const Mapping& mapping = work.mappings[i];
    const auto own = reinterpret_cast<uintptr_t>(&work);
    if (!mapping.writable || (own >= mapping.begin && own < mapping.end)) continue;
    understood = search_mapping(work, mapping, pagemap, frame, stack);
  }
  close(pagemap);
  return understood;
}

}  // namespace

bool note_guards(uintptr_t frame, StackCanary canary) {
  renews_canary = canary == StackCanary::kRenewed;
  mangled_count = 0;
  void* memory = mmap(nullptr, sizeof(Workspace), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) give_up("out of memory while mangled pointers were searched");
  renews_guard = search_memory(*static_cast<Workspace*>(memory), frame);
  munmap(memory, sizeof(Workspace));
  return renews_guard;
}

void refresh_guards(const uint64_t (&random)[2]) {
  if (renews_canary) {
    // Its lowest byte, the first in memory, is zero: no copy of a string gets past it.
    const uint64_t canary = random[0] & ~uint64_t{0xff};
    __asm__ volatile("mov %0, %%fs:0x28" : : "r"(canary) : "memory");
  }
  if (!renews_guard) return;
  const uintptr_t change = rotate_left(read_guard() ^ random[1]);
  for (int i = 0; i < mangled_count; ++i) *mangled[i] ^= change;
  __asm__ volatile("mov %0, %%fs:0x30" : : "r"(random[1]) : "memory");
}

}  // namespace pysnap::agent
