#include "launcher/boot_inputs.h"

#include <sys/random.h>

namespace pysnap::launcher {

void BootInputs::begin_again() {
  repeats_ = true;
  next_random_ = 0;
  for (auto& [id, clock] : clocks_) clock.next = 0;
  fresh_answers_ = 0;
}

std::vector<std::byte> BootInputs::random(size_t size) {
  if (repeats_ && next_random_ < random_.size() && random_[next_random_].size() == size)
    return random_[next_random_++];
  std::vector<std::byte> bytes(size);
  for (size_t done = 0; done < size;) {
    const ssize_t got = ::getrandom(bytes.data() + done, size - done, 0);
    if (got > 0) done += static_cast<size_t>(got);
  }
  if (repeats_)
    ++fresh_answers_;
  else
    random_.push_back(bytes);
  return bytes;
}

bool BootInputs::read_clock(clockid_t id, struct timespec& time) {
  // Negative numbers are clocks of processes and descriptors, in the caller's eyes.
  if (id < 0 || id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID) return false;
  Clock& clock = clocks_[id];
  if (repeats_ && clock.next < clock.times.size()) {
    time = clock.times[clock.next++];
    return true;
  }
  if (::clock_gettime(id, &time) != 0) return false;
  if (repeats_)
    ++fresh_answers_;
  else
    clock.times.push_back(time);
  return true;
}

}  // namespace pysnap::launcher
