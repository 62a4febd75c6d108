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
#include <string>
#include <vector>

namespace pysnap::launcher {

// What a boot is told otherwise than the first.
struct ChangedInputs {
  int64_t seconds = 0;    // by which all clocks are ahead
  bool random = false;    // other random bytes, but for those of start-up: malloc's mark and the
                          // secret of hashes show everywhere
  std::string host_name;  // empty: the kernel's
};

// Filled by the first boot; read in the same order by every other. Each kind of question has an
// order of its own. A boot that asks more, or something else, is told the truth from there on.
class BootInputs {
 public:
  // From here on the answers are those of the first boot, but for the changes.
  void begin_again(const ChangedInputs& changes = {});
  // The boot that has begun came to nothing; another takes its place.
  void forget_this_boot();
  // Random bytes, as many as were asked for, with these flags of getrandom(2).
  std::vector<std::byte> random(size_t size, unsigned flags);
  // False where there is no such clock for all processes alike: not for us to answer.
  bool read_clock(clockid_t clock, struct timespec& time);
  // Empty: the kernel is to answer.
  const std::string& host_name() const { return changes_.host_name; }
  // The random answers of the first boot, but for malloc's mark and the secret of hashes.
  std::vector<std::string> chance() const;
  // How many answers of a repeated boot were not those of the first.
  uint64_t fresh_answers() const { return fresh_answers_; }

 private:
  struct RandomAnswer {
    std::vector<std::byte> bytes;
    unsigned flags;
  };
  struct Clock {
    std::vector<struct timespec> times;
    size_t next = 0;
  };

  size_t count_of_startup() const;

  bool repeats_ = false;
  ChangedInputs changes_;
  size_t first_changed_ = 0;  // of the random answers
  std::vector<RandomAnswer> random_;
  size_t next_random_ = 0;
  std::map<clockid_t, Clock> clocks_;
  uint64_t fresh_answers_ = 0;
};

}  // namespace pysnap::launcher
