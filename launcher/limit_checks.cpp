#include <sys/resource.h>

#include "bare/reservation.h"
#include "format/arena_layout.h"
#include "launcher/child_process.h"
#include "launcher/machine_checks.h"

namespace pysnap::launcher {
namespace {

constexpr uint64_t kKilo = 1024;
constexpr uint64_t kMega = kKilo * 1024;
constexpr uint64_t kGiga = kMega * 1024;

// The limit in force; RLIM_INFINITY is the largest number.
uint64_t limit_of(__rlimit_resource resource) {
  rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  ::getrlimit(resource, &limit);
  return limit.rlim_cur;
}

std::string in_words(uint64_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : size_in_words(limit);
}

// A boot reserves everything above its ceiling, which can be nearly all there is.
Finding check_address_space() {
  const uint64_t limit = limit_of(RLIMIT_AS);
  if (limit >= bare::kUserSpaceEnd) return good("address space", in_words(limit));
  return bad("address space", fmt::format("limited to {}", in_words(limit)),
             "`pysnap build` cannot reserve the address space around an image",
             "ulimit -v unlimited (RLIMIT_AS), at least for builds");
}

// The image of an interpreter without modules: 16 MB are too few, 30 MB are enough.
Finding check_data() {
  const uint64_t limit = limit_of(RLIMIT_DATA);
  constexpr uint64_t kTooLittle = 32 * kMega;
  const std::string found = fmt::format("limited to {}", in_words(limit));
  const std::string way_out = "ulimit -d unlimited (RLIMIT_DATA)";
  if (limit < kTooLittle)
    return bad("data", found, "not even an interpreter without modules fits", way_out);
  if (limit < kGiga)
    return note("data", found, "where an image needs more, plain Python runs", way_out);
  return good("data", in_words(limit));
}

// With 80 KiB the builder overflows its own, with 96 KiB a build works.
Finding check_stack() {
  const uint64_t limit = limit_of(RLIMIT_STACK);
  constexpr uint64_t kTooLittle = 96 * kKilo;
  if (limit < kTooLittle)
    return bad("stack", fmt::format("limited to {}", in_words(limit)),
               "pysnap itself does not get far", "ulimit -s 8192 (RLIMIT_STACK)");
  if (limit > format::kStackSlotSize)
    return note("stack", in_words(limit),
                fmt::format("a launch has {} of it at most, for recursion in C",
                            size_in_words(format::kStackSlotSize)),
                "start programs that need more with plain Python");
  return good("stack", in_words(limit));
}

// The builder hands the interpreter a descriptor of a high number; a launch holds all files that
// its image maps at once.
Finding check_open_files() {
  const uint64_t limit = limit_of(RLIMIT_NOFILE);
  constexpr uint64_t kUsual = 1024;
  const std::string way_out = fmt::format("ulimit -n {} (RLIMIT_NOFILE)", kUsual);
  if (limit <= static_cast<uint64_t>(kControlNumber))
    return bad("open files", std::to_string(limit), "`pysnap build` cannot boot an interpreter",
               way_out);
  if (limit < kUsual)
    return note("open files", std::to_string(limit),
                "programs whose image maps more files than that run on plain Python", way_out);
  return good("open files", limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit));
}

Finding check_file_size() {
  const uint64_t limit = limit_of(RLIMIT_FSIZE);
  constexpr uint64_t kTooLittle = 32 * kMega;
  const std::string way_out = "ulimit -f unlimited (RLIMIT_FSIZE)";
  const std::string found = fmt::format("limited to {}", in_words(limit));
  if (limit < kTooLittle)
    return bad("file size", found, "not even the image of an interpreter without modules fits",
               way_out);
  if (limit < kGiga) return note("file size", found, "a larger image cannot be written", way_out);
  return good("file size", in_words(limit));
}

}  // namespace

std::string size_in_words(uint64_t bytes) {
  const double number = static_cast<double>(bytes);
  if (number < 1e6) return fmt::format("{:.1f} kB", number / 1e3);
  return number < 1e9 ? fmt::format("{:.1f} MB", number / 1e6)
                      : fmt::format("{:.1f} GB", number / 1e9);
}

Findings check_limits() {
  return {check_address_space(), check_data(), check_stack(), check_open_files(),
          check_file_size()};
}

}  // namespace pysnap::launcher
