// pysnap-boot CEILING LOADER [LOADER ARGUMENTS...]: starts a program so that everything it maps
// lands below CEILING (hexadecimal), at addresses that depend on the ceiling alone.
//
// How: with all address space above the ceiling reserved, the highest free range, which is where
// Linux puts mappings, is just below it (bare/reservation.h). The dynamic loader is mapped first
// and entered as if the kernel had started it directly ("ld.so PROGRAM", ld.so(8)); it then maps
// the program, which needs no knowledge of ELF here beyond the loader's own segments, keeps
// $ORIGIN right, and lets fixed-address programs have their place.
//
// Freestanding: this process's stack, text and vDSO all stay above the ceiling and are given up by
// the jump; a C library here would leave its thread pointer, rseq and robust list behind.
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "bare/memory_lines.h"
#include "bare/process_start.h"
#include "bare/reservation.h"
#include "bare/system_call.h"
#include "bare/text.h"
#include "boot/clock_calls.h"
#include "format/arena_layout.h"

namespace pysnap::boot {
namespace {

using format::kBootFailed;
using format::kernel_page_slot;
using format::kKernelPageSlotSize;
using format::kStackSlotSize;

constexpr uint64_t kPage = 4096;

[[noreturn]] void die(const char* step, int error) {
  bare::Message()
      .add("pysnap-boot: ")
      .add(step)
      .add(" failed (errno ")
      .add_number(error)
      .add(")")
      .print();
  bare::exit_process(kBootFailed);
}

uint64_t must(bare::SystemResult result, const char* step) {
  if (result.failed()) die(step, result.error());
  return static_cast<uint64_t>(result.raw);
}

// brk must fail from the start: malloc then asks mmap for everything. A restored process has the
// kernel's fresh break, not the captured one, and would hand out memory it does not own. glibc
// keeps the failed answer (-ENOMEM as an address), so its sbrk overflows and fails for ever after,
// without another system call and without this filter.
void refuse_program_break() {
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // seccomp_data.nr
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_brk, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 12 /* ENOMEM */),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
  must(bare::system_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  must(bare::system_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, bare::as_word(&program)),
       "seccomp filter");
}

void reserve(uint64_t begin, uint64_t end) {
  const int error = bare::reserve(begin, end);
  if (error != 0) die("reserving the address space above the arena", error);
}

void reserve_above(uint64_t ceiling) {
  const int error = bare::reserve_free(ceiling, bare::kUserSpaceEnd);
  if (error != 0) die("reserving the address space above the arena", error);
}

// The main stack, in a slot big enough for any sensible RLIMIT_STACK; only the limit in force is
// writable. Returns the top.
uint64_t make_stack(uint64_t ceiling) {
  uint64_t limit[2] = {0, 0};
  must(bare::system_call(SYS_prlimit64, 0, 3 /* RLIMIT_STACK */, 0, bare::as_word(limit)),
       "reading RLIMIT_STACK");
  uint64_t size = limit[0] / kPage * kPage;
  if (limit[0] > kStackSlotSize) size = kStackSlotSize;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  must(bare::map(ceiling - size, size, PROT_READ | PROT_WRITE, flags, -1, 0), "the stack");
  if (size < kStackSlotSize) {
    must(bare::map(ceiling - kStackSlotSize, kStackSlotSize - size, PROT_NONE, flags, -1, 0),
         "the stack slot");
  }
  return ceiling;
}

struct KernelPageMove {
  uint64_t slot;
  uint64_t next;
  uint64_t code;  // where [vdso] went; 0: there is none
};

void move_kernel_mapping(void* context, const bare::MemoryLine& line) {
  KernelPageMove* move = static_cast<KernelPageMove*>(context);
  const bool data = bare::starts_with(line.name, "[vvar");
  const bool code = bare::equal(line.name, "[vdso]");
  if (!data && !code) return;
  const uint64_t size = line.end - line.begin;
  must(bare::move_mapping(line.begin, size, move->next), "moving the vDSO");
  if (code) move->code = move->next;
  move->next += size;
  // Or the next small library would land in the hole, above the ceiling.
  reserve(line.begin, line.end);
}

// Moves [vvar], [vvar_vclock] and [vdso] side by side into the arena's slot; the relative places
// must not change, as [vdso] code finds its data by distance (arch/x86/entry/vdso).
uint64_t move_kernel_page(uint64_t slot) {
  KernelPageMove move = {slot, slot, 0};
  if (!bare::for_each_mapping(move_kernel_mapping, &move)) die("reading /proc/self/maps", 5);
  if (move.next > slot + kKernelPageSlotSize) die("fitting the vDSO into its slot", 12);
  if (move.next < slot + kKernelPageSlotSize) reserve(move.next, slot + kKernelPageSlotSize);
  return move.code;
}

struct Loader {
  uint64_t base;
  uint64_t entry;
  uint64_t headers;
  uint64_t header_count;
};

int protection_of(uint32_t flags) {
  return ((flags & PF_R) != 0 ? PROT_READ : 0) | ((flags & PF_W) != 0 ? PROT_WRITE : 0) |
         ((flags & PF_X) != 0 ? PROT_EXEC : 0);
}

void map_segment(int file, uint64_t base, const Elf64_Phdr& segment) {
  const uint64_t begin = (base + segment.p_vaddr) & ~(kPage - 1);
  const uint64_t file_end = base + segment.p_vaddr + segment.p_filesz;
  const uint64_t mapped_end = (file_end + kPage - 1) & ~(kPage - 1);
  const uint64_t end = (base + segment.p_vaddr + segment.p_memsz + kPage - 1) & ~(kPage - 1);
  const int protection = protection_of(segment.p_flags);
  must(bare::map(begin, mapped_end - begin, protection, MAP_PRIVATE | MAP_FIXED, file,
                 segment.p_offset & ~(kPage - 1)),
       "mapping the dynamic loader");
  if (segment.p_memsz > segment.p_filesz) {
    for (char* at = reinterpret_cast<char*>(file_end); at < reinterpret_cast<char*>(mapped_end);
         ++at)
      *at = 0;
  }
  if (end > mapped_end) {
    must(bare::map(mapped_end, end - mapped_end, protection,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
         "mapping the dynamic loader");
  }
}

Loader map_loader(const char* path) {
  const int file = static_cast<int>(must(bare::open_read_only(path), "opening the dynamic loader"));
  alignas(8) char front[4096];
  const uint64_t size = must(bare::read_at(file, front, sizeof front, 0), "reading the loader");
  const Elf64_Ehdr* header = reinterpret_cast<const Elf64_Ehdr*>(front);
  if (size < sizeof *header || header->e_type != ET_DYN ||
      header->e_phoff + header->e_phnum * sizeof(Elf64_Phdr) > size)
    die("understanding the dynamic loader", 8);
  const Elf64_Phdr* segments = reinterpret_cast<const Elf64_Phdr*>(front + header->e_phoff);
  uint64_t span = 0;
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD)
      span = (segments[i].p_vaddr + segments[i].p_memsz + kPage - 1) & ~(kPage - 1);
  }
  const uint64_t base =
      must(bare::map(0, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
           "finding a place for the dynamic loader");
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD) map_segment(file, base, segments[i]);
  }
  bare::close(file);
  return {base, base + header->e_entry, base + header->e_phoff, header->e_phnum};
}

// Writes downwards; the strings first, then the vector that points at them.
class StackWriter {
 public:
  explicit StackWriter(uint64_t top) : at_(reinterpret_cast<char*>(top)) {}
  char* push_bytes(const void* bytes, uint64_t size) {
    at_ -= size;
    const char* from = static_cast<const char*>(bytes);
    for (uint64_t i = 0; i < size; ++i) at_[i] = from[i];
    return at_;
  }
  char* push_text(const char* text) { return push_bytes(text, bare::length_of(text) + 1); }
  uint64_t position() const { return reinterpret_cast<uint64_t>(at_); }

 private:
  char* at_;
};

uint64_t replaced_auxiliary(uint64_t key, uint64_t value, const Loader& loader, uint64_t vdso,
                            const char* random, const char* platform, const char* path) {
  switch (key) {
    case AT_PHDR:
      return loader.headers;
    case AT_PHNUM:
      return loader.header_count;
    case AT_ENTRY:
      return loader.entry;
    case AT_BASE:
      return 0;
    case AT_SYSINFO_EHDR:
      return vdso;
    case AT_RANDOM:
      return reinterpret_cast<uint64_t>(random);
    case AT_PLATFORM:
      return reinterpret_cast<uint64_t>(platform);
    case AT_EXECFN:
      return reinterpret_cast<uint64_t>(path);
    default:
      return value;
  }
}

// Builds the block that the loader's entry expects (x86-64 psABI 3.4.1); returns its address.
uint64_t make_initial_block(uint64_t top, const bare::ProcessStart& start, long first_argument,
                            const Loader& loader, uint64_t vdso) {
  StackWriter writer(top - 16);
  char* path = writer.push_text(start.arguments[first_argument]);
  uint8_t seed[16];
  must(bare::system_call(SYS_getrandom, bare::as_word(seed), sizeof seed, 0), "getrandom");
  char* random = writer.push_bytes(seed, sizeof seed);
  const uint64_t platform_value = start.auxiliary_value(AT_PLATFORM);
  char* platform = writer.push_text(
      platform_value != 0 ? reinterpret_cast<const char*>(platform_value) : "x86_64");

  constexpr uint64_t kMostPointers = 65536;
  static uint64_t words[kMostPointers];
  uint64_t count = 0;
  const auto put = [&](uint64_t word) {
    if (count == kMostPointers) die("fitting arguments and environment", 7);
    words[count++] = word;
  };
  put(static_cast<uint64_t>(start.argument_count - first_argument));
  for (long i = first_argument; i < start.argument_count; ++i)
    put(reinterpret_cast<uint64_t>(writer.push_text(start.arguments[i])));
  put(0);
  for (char** variable = start.environment; *variable != nullptr; ++variable)
    put(reinterpret_cast<uint64_t>(writer.push_text(*variable)));
  put(0);
  for (const bare::AuxiliaryEntry* entry = start.auxiliary; entry->key != AT_NULL; ++entry) {
    if (entry->key == AT_SYSINFO_EHDR && vdso == 0) continue;
    put(entry->key);
    put(replaced_auxiliary(entry->key, entry->value, loader, vdso, random, platform, path));
  }
  put(AT_NULL);
  put(0);
  uint64_t block = (writer.position() - count * sizeof words[0]) & ~uint64_t{15};
  for (uint64_t i = 0; i < count; ++i) reinterpret_cast<uint64_t*>(block)[i] = words[i];
  return block;
}

[[noreturn]] void jump(uint64_t entry, uint64_t stack_pointer) {
  // rdx = 0: no function to register with atexit (psABI 3.4.1).
  __asm__ volatile("mov %0, %%rsp\n\txor %%edx, %%edx\n\txor %%ebp, %%ebp\n\tjmp *%1"
                   :
                   : "r"(stack_pointer), "r"(entry)
                   : "memory", "rdx");
  __builtin_unreachable();
}

}  // namespace

[[noreturn]] void run(const bare::ProcessStart& start) {
  if (start.argument_count < 3) die("reading the arguments", 22);
  const char* digits = start.arguments[1];
  const uint64_t ceiling = bare::parse_hexadecimal(digits);
  constexpr long kLoaderArgument = 2;

  refuse_program_break();
  reserve_above(ceiling);  // from here on the kernel places everything below the ceiling
  const uint64_t stack_top = make_stack(ceiling);
  const uint64_t vdso = move_kernel_page(kernel_page_slot(ceiling));
  if (const int error = make_clocks_calls(vdso); error != 0)
    die("exchanging clock functions", error);
  const Loader loader = map_loader(start.arguments[kLoaderArgument]);
  const uint64_t block = make_initial_block(stack_top, start, kLoaderArgument, loader, vdso);
  jump(loader.entry, block);
}

}  // namespace pysnap::boot

extern "C" [[noreturn]] void bare_main(void* initial_stack_pointer) {
  pysnap::boot::run(pysnap::bare::ProcessStart::parse(initial_stack_pointer));
}
