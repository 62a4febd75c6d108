#include "boot/clock_calls.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bare/system_call.h"
#include "bare/text.h"

namespace pysnap::boot {
namespace {

constexpr uint64_t kPage = 4096;

// Its name in place: this program has no relocations.
struct ClockFunction {
  char name[24];
  uint32_t number;
};
constexpr ClockFunction kClockFunctions[] = {
    {"__vdso_clock_gettime", SYS_clock_gettime},
    {"__vdso_gettimeofday", SYS_gettimeofday},
    {"__vdso_time", SYS_time},
};

// Its dynamic symbols. Linkers write the names right behind the table, which tells its size.
struct Symbols {
  const Elf64_Sym* first = nullptr;
  uint64_t count = 0;
  const char* names = nullptr;
};

Symbols symbols_of(uint64_t vdso) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(vdso);
  const auto* segments = reinterpret_cast<const Elf64_Phdr*>(vdso + header->e_phoff);
  Symbols symbols;
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const Elf64_Dyn*>(vdso + segments[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_SYMTAB)
        symbols.first = reinterpret_cast<const Elf64_Sym*>(vdso + entry->d_un.d_ptr);
      if (entry->d_tag == DT_STRTAB)
        symbols.names = reinterpret_cast<const char*>(vdso + entry->d_un.d_ptr);
    }
  }
  const auto* end = reinterpret_cast<const char*>(symbols.first);
  if (end == nullptr || symbols.names <= end) return {};
  symbols.count = static_cast<uint64_t>(symbols.names - end) / sizeof(Elf64_Sym);
  return symbols;
}

// mov $number, %eax; syscall; ret
void write_call(uint8_t* at, uint32_t number) {
  *at++ = 0xb8;
  for (int shift = 0; shift < 32; shift += 8) *at++ = static_cast<uint8_t>(number >> shift);
  *at++ = 0x0f;
  *at++ = 0x05;
  *at = 0xc3;
}

void write_calls(uint64_t vdso, const Symbols& symbols) {
  for (uint64_t i = 0; i < symbols.count; ++i) {
    const Elf64_Sym& symbol = symbols.first[i];
    for (const ClockFunction& function : kClockFunctions) {
      if (symbol.st_value == 0 || !bare::equal(symbols.names + symbol.st_name, function.name))
        continue;
      write_call(reinterpret_cast<uint8_t*>(vdso + symbol.st_value), function.number);
    }
  }
}

uint64_t size_of_code(uint64_t vdso) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(vdso);
  const auto* segments = reinterpret_cast<const Elf64_Phdr*>(vdso + header->e_phoff);
  uint64_t end = 0;
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD) end = segments[i].p_vaddr + segments[i].p_memsz;
  }
  return (end + kPage - 1) & ~(kPage - 1);
}

}  // namespace

int make_clocks_calls(uint64_t vdso) {
  if (vdso == 0) return 0;
  const Symbols symbols = symbols_of(vdso);
  const auto begin = static_cast<long>(vdso);
  const auto size = static_cast<long>(size_of_code(vdso));
  const bare::SystemResult opened =
      bare::system_call(SYS_mprotect, begin, size, PROT_READ | PROT_WRITE);
  if (opened.failed()) return opened.error();
  write_calls(vdso, symbols);
  const bare::SystemResult closed =
      bare::system_call(SYS_mprotect, begin, size, PROT_READ | PROT_EXEC);
  return closed.failed() ? closed.error() : 0;
}

}  // namespace pysnap::boot
