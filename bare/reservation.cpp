#include "bare/reservation.h"

#include <errno.h>
#include <sys/mman.h>

#include "bare/memory_lines.h"
#include "bare/system_call.h"

namespace pysnap::bare {
namespace {

struct Reservation {
  uint64_t free_from;  // everything before it is taken
  uint64_t end;
  int error;
};

void reserve_before(void* context, const MemoryLine& line) {
  Reservation* reservation = static_cast<Reservation*>(context);
  if (line.end <= reservation->free_from || reservation->error != 0) return;
  const uint64_t end = line.begin < reservation->end ? line.begin : reservation->end;
  reservation->error = reserve(reservation->free_from, end);
  reservation->free_from = line.end;
}

}  // namespace

int reserve(uint64_t begin, uint64_t end) {
  if (begin >= end) return 0;
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  return map(begin, end - begin, PROT_NONE, kFlags, -1, 0).error();
}

int reserve_free(uint64_t begin, uint64_t end) {
  Reservation reservation = {begin, end, 0};
  if (!for_each_mapping(reserve_before, &reservation)) return EIO;
  return reservation.error != 0 ? reservation.error : reserve(reservation.free_from, end);
}

}  // namespace pysnap::bare
