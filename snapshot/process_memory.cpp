#include "snapshot/process_memory.h"

#include "format/image_format.h"

namespace pysnap::snapshot {

using support::Error;
using support::Result;
using support::Status;

Result<ProcessMemory> ProcessMemory::open(pid_t process) {
  Result<support::File> memory = support::File::open_read(fmt::format("/proc/{}/mem", process));
  if (!memory) return support::fail(memory.error());
  Result<support::File> map = support::File::open_read(fmt::format("/proc/{}/pagemap", process));
  if (!map) return support::fail(map.error());
  return ProcessMemory(std::move(*memory), std::move(*map));
}

Status ProcessMemory::read(uint64_t address, std::span<std::byte> bytes) const {
  const Result<size_t> got = memory_.read_at(address, bytes);
  if (!got) return support::fail(got.error().in(fmt::format("the memory at {:#x}", address)));
  if (*got != bytes.size()) {
    return support::fail(Error::because(support::ErrorKind::kFailed,
                                        fmt::format("the memory at {:#x} ends early", address)));
  }
  return {};
}

Result<std::vector<PageState>> ProcessMemory::page_states(uint64_t address, uint64_t size) const {
  // Bits of an entry: Documentation/admin-guide/mm/pagemap.rst. Readable without privilege; only
  // the frame numbers are hidden.
  constexpr uint64_t kPresent = uint64_t{1} << 63;
  constexpr uint64_t kSwapped = uint64_t{1} << 62;
  constexpr uint64_t kFileOrShared = uint64_t{1} << 61;
  std::vector<uint64_t> entries(size / format::kPageSize);
  const Result<size_t> got = page_map_.read_at(address / format::kPageSize * sizeof(uint64_t),
                                               std::as_writable_bytes(std::span(entries)));
  if (!got) return support::fail(got.error().in("the page map"));
  std::vector<PageState> states;
  states.reserve(entries.size());
  for (const uint64_t entry : entries) {
    const bool own = (entry & (kPresent | kSwapped)) != 0 && (entry & kFileOrShared) == 0;
    states.push_back(own ? PageState::kOwn : PageState::kUntouched);
  }
  return states;
}

}  // namespace pysnap::snapshot
