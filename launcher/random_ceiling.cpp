#include "launcher/random_ceiling.h"

#include <sys/random.h>

#include "format/arena_layout.h"

namespace pysnap::launcher {

support::Result<uint64_t> random_ceiling(uint64_t like, uint64_t step) {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random)
    return support::fail(support::Error::from_errno("getting random bytes"));
  return format::ceiling_for(random, like, step);
}

}  // namespace pysnap::launcher
