// State below Python that every launch renews before any Python code runs.
#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "agent/agent.h"
#include "agent/environment.h"

namespace pysnap::agent {
namespace {

using SeedFunction = void (*)(const void*, int);  // RAND_seed(3)

// Set when the interpreter itself is linked with OpenSSL: it was told the true pid while booting
// (process_id.cpp) and would not notice a launch with the same pid.
SeedFunction seed_openssl = nullptr;

// Where glibc 2.34 and later keep the word that marks freed memory (tcache_key of malloc.c).
uintptr_t* heap_key = nullptr;

// The second word of a small block that was just freed; 0 when it is no random word.
uintptr_t key_of_freed_block(size_t size) {
  auto* volatile block = static_cast<uintptr_t*>(malloc(size));
  if (block == nullptr) give_up("out of memory");
  block[1] = 0;
  free(block);
  const uintptr_t* freed = block;
  __asm__ volatile("" : "+r"(freed));  // reading it is the purpose
  const uintptr_t key = freed[1];
  return key >> 48 != 0 ? key : 0;  // not an address
}

// The key's place is where the C library's own data holds the same word, once.
int search_heap_key(struct dl_phdr_info* info, size_t, void* wanted) {
  const auto of_library = reinterpret_cast<uintptr_t>(&gnu_get_libc_version);
  bool is_libc = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && of_library >= begin && of_library - begin < segment.p_memsz)
      is_libc = true;
  }
  if (!is_libc) return 0;
  int found = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
    const uintptr_t begin = (info->dlpi_addr + segment.p_vaddr + 7) & ~uintptr_t{7};
    const uintptr_t end = info->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    for (auto* word = reinterpret_cast<uintptr_t*>(begin);
         reinterpret_cast<uintptr_t>(word + 1) <= end; ++word) {
      if (*word != *static_cast<uintptr_t*>(wanted)) continue;
      heap_key = word;
      ++found;
    }
  }
  if (found != 1) heap_key = nullptr;
  return 1;
}

// Blocks that were freed under an older key are not recognised when they are freed twice; nothing
// else depends on it.
void find_heap_key() {
  // A cache that is full does not mark what it cannot take: another size then.
  uintptr_t last = 0;
  for (size_t size = 24; size < 1024; size += 16) {
    uintptr_t key = key_of_freed_block(size);
    if (key != 0 && key == last) {
      dl_iterate_phdr(search_heap_key, &key);
      return;
    }
    if (key != 0) last = key;
  }
}

// What the kernel and the dynamic loader make random at the start of a process. getauxval(3): 16
// bytes that libraries may use as a seed.
void refresh_start_randomness() {
  struct {
    unsigned char start[16];
    uint64_t guards[2];
    uintptr_t heap_key;
  } random;
  fill_random(&random, sizeof random);
  void* bytes = reinterpret_cast<void*>(getauxval(AT_RANDOM));
  if (bytes != nullptr) memcpy(bytes, random.start, sizeof random.start);
  refresh_guards(random.guards);
  if (heap_key != nullptr) *heap_key = random.heap_key;
}

}  // namespace

void fill_random(void* bytes, size_t size) {
  unsigned char* at = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    // No launch without randomness: an equal key would be worse than a crash.
    if (got < 0 && errno != EINTR) __builtin_trap();
    if (got < 0) continue;
    at += got;
    size -= static_cast<size_t>(got);
  }
}

void note_native_generators() {
  find_heap_key();
  seed_openssl = reinterpret_cast<SeedFunction>(dlsym(RTLD_DEFAULT, "RAND_seed"));
}

void refresh_native_state(const format::LaunchRequest& request) {
  const bool freezes_again = (request.flags & format::kFreezesAgain) != 0;
  if (freezes_again)
    begin_other_impossible_process_id();
  else
    begin_true_process_id();
  refresh_start_randomness();
  refresh_c_seeds();
  if (freezes_again) watch_c_seeds();
  set_environment(request.environment);
  if (seed_openssl != nullptr) {
    unsigned char seed[48];
    fill_random(seed, sizeof seed);
    seed_openssl(seed, sizeof seed);
  }
}

}  // namespace pysnap::agent
