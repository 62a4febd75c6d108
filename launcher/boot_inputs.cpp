#include "launcher/boot_inputs.h"

#include <sys/random.h>

#include <algorithm>

namespace pysnap::launcher {
namespace {

// What is asked for before the interpreter executes Python: by the boot stub the random bytes that
// the kernel gives to each process (AT_RANDOM); without waiting (GRND_NONBLOCK) malloc's mark of
// freed memory (tcache_key) and the seed of mimalloc (3.13, a constructor), then the secret of
// hashes (_Py_HashSecret_t), unless PYTHONHASHSEED tells it. What follows is `random`'s, of another
// size.
constexpr size_t kProcessSize = 16;
constexpr size_t kMarkSize = 8;
constexpr size_t kSeedSize = 32;
constexpr size_t kSecretSize = 24;

}  // namespace

void BootInputs::begin_again(const ChangedInputs& changes) {
  repeats_ = true;
  changes_ = changes;
  first_changed_ = count_of_startup();
  next_random_ = 0;
  for (auto& [id, clock] : clocks_) clock.next = 0;
  fresh_answers_ = 0;
}

void BootInputs::forget_this_boot() {
  if (repeats_) return begin_again(ChangedInputs(changes_));
  random_.clear();
  clocks_.clear();
}

size_t BootInputs::count_of_startup() const {
  size_t count = 0;
  const auto is_next = [&](size_t size, unsigned flags) {
    return count < random_.size() && random_[count].flags == flags &&
           random_[count].bytes.size() == size;
  };
  if (is_next(kProcessSize, 0)) ++count;
  while (is_next(kMarkSize, GRND_NONBLOCK) || is_next(kSeedSize, GRND_NONBLOCK)) ++count;
  if (is_next(kSecretSize, GRND_NONBLOCK)) ++count;
  return count;
}

std::vector<std::string> BootInputs::chance() const {
  std::vector<std::string> answers;
  for (size_t i = count_of_startup(); i < random_.size(); ++i) {
    const std::vector<std::byte>& bytes = random_[i].bytes;
    answers.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return answers;
}

std::vector<std::byte> BootInputs::random(size_t size, unsigned flags) {
  if (repeats_ && next_random_ < random_.size() && random_[next_random_].bytes.size() == size) {
    std::vector<std::byte> bytes = random_[next_random_++].bytes;
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
    random_.push_back({bytes, flags});
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
