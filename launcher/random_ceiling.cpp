#include "launcher/random_ceiling.h"

#include <sys/random.h>

namespace pysnap::launcher {
namespace {

using format::kCeilingStep;
using support::Result;

// About every second ceiling is comparable, every fourth is also an odd number of steps away.
template <typename Condition>
Result<uint64_t> random_ceiling_with(Condition is_wanted) {
  Result<uint64_t> ceiling = random_ceiling(0, kCeilingStep);
  while (ceiling && !is_wanted(*ceiling)) ceiling = random_ceiling(0, kCeilingStep);
  return ceiling;
}

}  // namespace

support::Result<uint64_t> random_ceiling(uint64_t like, uint64_t step) {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random)
    return support::fail(support::Error::from_errno("getting random bytes"));
  return format::ceiling_for(random, like, step);
}

Result<uint64_t> random_comparable_ceiling() { return random_ceiling_with(is_comparable); }

Result<uint64_t> random_comparable_ceiling(uint64_t other) {
  return random_ceiling_with([other](uint64_t ceiling) {
    return is_comparable(ceiling) && (ceiling - other) / kCeilingStep % 2 != 0;
  });
}

}  // namespace pysnap::launcher
