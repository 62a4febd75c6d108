// State below Python that every launch renews before any Python code runs.
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
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

// getauxval(3): 16 random bytes that libraries may use as a seed.
void refresh_start_randomness() {
  void* bytes = reinterpret_cast<void*>(getauxval(AT_RANDOM));
  if (bytes != nullptr) fill_random(bytes, 16);
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
  seed_openssl = reinterpret_cast<SeedFunction>(dlsym(RTLD_DEFAULT, "RAND_seed"));
}

void refresh_native_state(const format::LaunchRequest& request) {
  end_boot_process_id();
  refresh_start_randomness();
  set_environment(request.environment);
  if (seed_openssl != nullptr) {
    unsigned char seed[48];
    fill_random(seed, sizeof seed);
    seed_openssl(seed, sizeof seed);
  }
}

}  // namespace pysnap::agent
