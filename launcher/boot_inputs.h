// What a boot is told of chance and time: written down in the first boot, told again to the next.
//
// Two boots with equal inputs have equal memory. So what differs between two boots that differ in
// one input depends on that input.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <vector>

namespace pysnap::launcher {

// Filled by the first boot; read in the same order by every other. Each kind of question has an
// order of its own. A boot that asks more, or something else, is told the truth from there on.
class BootInputs {
 public:
  // From here on the answers are those of the boot before.
  void begin_again();
  // Random bytes, as many as were asked for.
  std::vector<std::byte> random(size_t size);
  // False where there is no such clock for all processes alike: not for us to answer.
  bool read_clock(clockid_t clock, struct timespec& time);
  // How many answers of a repeated boot were not those of the first.
  uint64_t fresh_answers() const { return fresh_answers_; }

 private:
  struct Clock {
    std::vector<struct timespec> times;
    size_t next = 0;
  };

  bool repeats_ = false;
  std::vector<std::vector<std::byte>> random_;
  size_t next_random_ = 0;
  std::map<clockid_t, Clock> clocks_;
  uint64_t fresh_answers_ = 0;
};

}  // namespace pysnap::launcher
