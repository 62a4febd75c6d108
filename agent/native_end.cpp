// The end of a process below Python, without waking every library of the image.
//
// exit(3) runs the handlers registered with atexit, then the loader's _dl_fini, which visits each
// loaded library and writes into its link map, to call termination functions (DT_FINI_ARRAY,
// DT_FINI; gABI chapter 5) that are empty in nearly all of them: the compiler's
// __do_global_dtors_aux, whose handlers have all run by then, and a _fini without a body. In a
// process with 82 libraries that copies some 300 pages.
//
// So before the freeze the libraries' termination functions are looked at. The empty ones are
// recognised by their instructions (x86-64, GCC and Clang crtbegin.o and crti.o); the others are
// put in the order the loader keeps, dependents before what they need. `end_of_process` is
// registered before any import: exit(3) reaches it after every handler of imports and program, and
// before those of the interpreter's own start, of which there are none (checked: no preloaded
// library, no C++ runtime among the start libraries). It calls the functions that do something,
// flushes C streams as exit(3) does, and leaves. When the program has loaded libraries of its own,
// it steps aside and the loader does all.
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

using Function = void (*)();

constexpr int kMostLibraries = 2048;
constexpr int kMostFunctions = 1024;

struct Library {
  uintptr_t base;
  const ElfW(Dyn) * dynamic;
  const char* name;     // DT_SONAME, or the file's name
  const char* strings;  // DT_STRTAB
  bool visited;
};

// Static, not on the heap: it is filled before the freeze and read at the end.
Library libraries[kMostLibraries];
int library_count = 0;
Function functions[kMostFunctions];
int function_count = 0;
unsigned long long frozen_loads = 0;
bool may_shorten = false;

// ld.so relocates pointers in the dynamic section of ordinary objects, but not of the vDSO.
uintptr_t address_of(const Library& library, uintptr_t value) {
  return value < library.base ? library.base + value : value;
}

const ElfW(Dyn) * find_entry(const Library& library, long tag) {
  for (const ElfW(Dyn)* entry = library.dynamic; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == tag) return entry;
  }
  return nullptr;
}

const char* base_name(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

int note_library(struct dl_phdr_info* info, size_t, void*) {
  frozen_loads = info->dlpi_adds;
  if (library_count == kMostLibraries) return 1;
  Library library = {info->dlpi_addr, nullptr, base_name(info->dlpi_name), nullptr, false};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
      library.dynamic =
          reinterpret_cast<const ElfW(Dyn)*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
  }
  if (library.dynamic == nullptr || strncmp(library.name, "linux-vdso", 10) == 0) return 0;
  const ElfW(Dyn)* strings = find_entry(library, DT_STRTAB);
  if (strings != nullptr)
    library.strings = reinterpret_cast<const char*>(address_of(library, strings->d_un.d_ptr));
  const ElfW(Dyn)* own_name = find_entry(library, DT_SONAME);
  if (own_name != nullptr && library.strings != nullptr)
    library.name = library.strings + own_name->d_un.d_val;
  libraries[library_count++] = library;
  return 0;
}

const unsigned char* after_branch_mark(const unsigned char* code) {
  constexpr unsigned char kMark[] = {0xf3, 0x0f, 0x1e, 0xfa};  // endbr64
  return memcmp(code, kMark, sizeof kMark) == 0 ? code + sizeof kMark : code;
}

// __do_global_dtors_aux: cmpb $0, completed(%rip); jne; push %rbp; cmpq $0, __cxa_finalize@GOT.
bool is_compilers_own(const unsigned char* function) {
  const unsigned char* code = after_branch_mark(function);
  const bool tests_flag = code[0] == 0x80 && code[1] == 0x3d && code[6] == 0;
  if (!tests_flag) return false;
  for (int at = 7; at < 24; ++at) {
    if (code[at] == 0x48 && code[at + 1] == 0x83 && code[at + 2] == 0x3d && code[at + 7] == 0)
      return true;
  }
  return false;
}

// _fini of crti.o and crtn.o: sub $8, %rsp; add $8, %rsp; ret.
bool is_empty_end(const unsigned char* function) {
  constexpr unsigned char kEmpty[] = {0x48, 0x83, 0xec, 0x08, 0x48, 0x83, 0xc4, 0x08, 0xc3};
  return memcmp(after_branch_mark(function), kEmpty, sizeof kEmpty) == 0;
}

// False when there are more functions than the table holds.
bool keep(uintptr_t function) {
  if (function_count == kMostFunctions) return false;
  functions[function_count++] = reinterpret_cast<Function>(function);
  return true;
}

bool note_functions(const Library& library) {
  const ElfW(Dyn)* array = find_entry(library, DT_FINI_ARRAY);
  const ElfW(Dyn)* size = find_entry(library, DT_FINI_ARRAYSZ);
  if (array != nullptr && size != nullptr) {
    const auto* entries = reinterpret_cast<const uintptr_t*>(library.base + array->d_un.d_ptr);
    for (size_t i = size->d_un.d_val / sizeof(uintptr_t); i-- > 0;) {  // last first
      if (is_compilers_own(reinterpret_cast<const unsigned char*>(entries[i]))) continue;
      if (!keep(entries[i])) return false;
    }
  }
  const ElfW(Dyn)* end = find_entry(library, DT_FINI);
  if (end == nullptr) return true;
  const uintptr_t function = library.base + end->d_un.d_ptr;
  return is_empty_end(reinterpret_cast<const unsigned char*>(function)) || keep(function);
}

Library* find_library(const char* name) {
  for (int i = 0; i < library_count; ++i) {
    if (strcmp(libraries[i].name, name) == 0) return &libraries[i];
  }
  return nullptr;
}

// Appends what a library needs before the library itself.
void visit(Library& library, Library** order, int& count) {
  if (library.visited) return;
  library.visited = true;
  for (const ElfW(Dyn)* entry = library.dynamic; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag != DT_NEEDED || library.strings == nullptr) continue;
    Library* needed = find_library(library.strings + entry->d_un.d_val);
    if (needed != nullptr) visit(*needed, order, count);
  }
  order[count++] = &library;
}

int count_loads(struct dl_phdr_info* info, size_t, void* loads) {
  *static_cast<unsigned long long*>(loads) = info->dlpi_adds;
  return 1;
}

bool hold_at_end = false;

void end_of_process(int status, void*) {
  if (hold_at_end) kill(static_cast<pid_t>(syscall(SYS_getpid)), SIGSTOP);
  unsigned long long loads = 0;
  dl_iterate_phdr(count_loads, &loads);
  if (!may_shorten || loads != frozen_loads) return;
  for (int i = 0; i < function_count; ++i) functions[i]();
  fflush(nullptr);
  _exit(status);
}

}  // namespace

void watch_native_end() {
  library_count = 0;
  dl_iterate_phdr(note_library, nullptr);
  for (int i = 0; i < library_count; ++i) {
    if (strncmp(libraries[i].name, "libstdc++", 9) == 0) return;
  }
  if (getenv("LD_PRELOAD") == nullptr) on_exit(end_of_process, nullptr);
}

void keep_native_end_whole() { may_shorten = false; }

void hold_native_end() { hold_at_end = true; }

void note_native_end() {
  static Library* order[kMostLibraries];
  int count = 0;
  library_count = 0;
  function_count = 0;
  dl_iterate_phdr(note_library, nullptr);
  for (int i = 0; i < library_count; ++i) visit(libraries[i], order, count);
  may_shorten = library_count < kMostLibraries;
  while (count-- > 0) may_shorten = may_shorten && note_functions(*order[count]);
}

}  // namespace pysnap::agent
