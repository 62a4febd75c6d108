#include "launcher/boot_inputs.h"

#include <sys/random.h>

#include <algorithm>

namespace pysnap::launcher {
namespace {

// As the interpreter asks for it, if PYTHONHASHSEED does not tell it (_Py_HashSecret_t).
constexpr size_t kHashSecretSize = 24;
// malloc asks for the mark of freed memory (tcache_key).
constexpr size_t kAnswersBeforeStart = 1;

}  // namespace

void BootInputs::begin_again(const ChangedInputs& changes) {
  repeats_ = true;
  changes_ = changes;
  first_changed_ = first_of_chance();
  next_random_ = 0;
  for (auto& [id, clock] : clocks_) clock.next = 0;
  fresh_answers_ = 0;
}

size_t BootInputs::first_of_chance() const {
  for (size_t i = 0; i < random_.size(); ++i) {
    if (random_[i].size() == kHashSecretSize) return i + 1;
  }
  return std::min(kAnswersBeforeStart, random_.size());
}

std::vector<std::string> BootInputs::chance() const {
  std::vector<std::string> answers;
  for (size_t i = first_of_chance(); i < random_.size(); ++i)
    answers.emplace_back(reinterpret_cast<const char*>(random_[i].data()), random_[i].size());
  return answers;
}

std::vector<std::byte> BootInputs::random(size_t size) {
  if (repeats_ && next_random_ < random_.size() && random_[next_random_].size() == size) {
    std::vector<std::byte> bytes = random_[next_random_++];
    if (changes_.random && next_random_ > first_changed_) {
      for (std::byte& byte : bytes) byte ^= std::byte{0x5a};
    }
    return bytes;
  }
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
    time.tv_sec += changes_.seconds;
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
