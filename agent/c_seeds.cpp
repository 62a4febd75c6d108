// Seeds of the C library's random numbers: srand(3), srandom(3), srand48(3).
//
// Without a seed these numbers are the same in every process, and so they are in a launch. A seed
// that an import took from the clock or the pid stands for chance: all launches would have it. The
// state does not tell where a seed came from, so these three functions are ours while the image is
// made: they pass the seed on and look at it. A launch gives another seed where it meant chance.
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// time(2) goes by the last tick: at the turn of a second another clock is ahead of it.
constexpr time_t kClockLag = 1;

bool watching = false;
time_t start_time = 0;
bool seeds_random = false;  // srand and srandom have one state
bool seeds_drand48 = false;

// The seed is the time since the boot began, the pid (libraries may have been told another one,
// process_id.cpp), or both together in one of the usual ways.
bool means_chance(uint32_t seed) {
  const uint32_t pids[] = {static_cast<uint32_t>(syscall(SYS_getpid)),
                           static_cast<uint32_t>(impossible_process_id())};
  for (const uint32_t pid : pids) {
    if (seed == pid) return true;
    for (time_t second = start_time; second <= time(nullptr) + kClockLag; ++second) {
      const auto clock = static_cast<uint32_t>(second);
      if (seed == clock || seed == (clock ^ pid) || seed == clock + pid || seed == clock - pid ||
          seed == clock * pid)
        return true;
    }
  }
  return false;
}

// The C library's own function, looked up once: a program may seed often.
template <typename Seed>
struct Original {
  const char* name;
  void (*function)(Seed);

  void operator()(Seed seed) {
    if (function == nullptr) function = reinterpret_cast<void (*)(Seed)>(dlsym(RTLD_NEXT, name));
    if (function != nullptr) function(seed);
  }
};

Original<unsigned> original_srand = {"srand", nullptr};
Original<unsigned> original_srandom = {"srandom", nullptr};
Original<long> original_srand48 = {"srand48", nullptr};

}  // namespace

void watch_c_seeds() {
  start_time = time(nullptr);
  watching = true;
}

void refresh_c_seeds() {
  watching = false;
  uint32_t seeds[2];
  if (!seeds_random && !seeds_drand48) return;
  fill_random(seeds, sizeof seeds);
  if (seeds_random) original_srandom(seeds[0]);
  if (seeds_drand48) original_srand48(static_cast<long>(seeds[1]));
}

}  // namespace pysnap::agent

#define PYSNAP_EXPORTED extern "C" __attribute__((visibility("default")))

PYSNAP_EXPORTED void srand(unsigned seed) noexcept {
  using namespace pysnap::agent;
  if (watching) seeds_random = means_chance(seed);
  original_srand(seed);
}

PYSNAP_EXPORTED void srandom(unsigned seed) noexcept {
  using namespace pysnap::agent;
  if (watching) seeds_random = means_chance(seed);
  original_srandom(seed);
}

PYSNAP_EXPORTED void srand48(long seed) noexcept {
  using namespace pysnap::agent;
  if (watching) seeds_drand48 = means_chance(static_cast<uint32_t>(seed));
  original_srand48(seed);
}
