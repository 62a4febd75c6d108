#include "snapshot/capture.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "format/arena_layout.h"
#include "format/checksum.h"
#include "format/processor_x86_64.h"
#include "snapshot/memory_map.h"
#include "snapshot/page_runs.h"
#include "snapshot/process_memory.h"
#include "snapshot/region_merge.h"
#include "support/file.h"

namespace pysnap::snapshot {
namespace {

using format::kPageSize;
using format::RegionKind;
using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

// A gap this short is captured along: up to 64 pages of zero memory, or 1 MiB of a library's data.
constexpr uint64_t kShortestZeroGap = 64;
constexpr uint64_t kShortestFileGap = 256;

bool is_zero(std::span<const std::byte> page) {
  return page[0] == std::byte{0} && std::memcmp(page.data(), page.data() + 1, page.size() - 1) == 0;
}

Error was_replaced(const Mapping& mapping) {
  return Error::because(
      ErrorKind::kFailed,
      fmt::format("{} was replaced while the image was being built; build again", mapping.path));
}

// Everything the steps below share while one process is read.
class Capture {
 public:
  Capture(const FrozenProcess& frozen, ProcessMemory memory)
      : frozen_(frozen), memory_(std::move(memory)) {
    for (const OriginalFile& file : frozen.base_dependencies)
      snapshot_.files.push_back({file, format::FileRole::kCopied});
  }

  Status read_agent_state();
  Status add_mapping(const Mapping& mapping);
  Status add_kernel_page(const std::vector<Mapping>& mappings);
  Snapshot take() { return std::move(snapshot_); }
  Snapshot& snapshot() { return snapshot_; }

 private:
  Status add_stack(const Mapping& mapping);
  Status add_private(const Mapping& mapping);
  Status add_shared(const Mapping& mapping);
  Status add_run(const Mapping& mapping, const PageRun& run, uint32_t file);
  Result<std::vector<PageOrigin>> page_origins(const Mapping& mapping, bool carried);
  Status compare_with_file(const Mapping& mapping, std::vector<PageOrigin>& origins);
  Status find_nonzero(const Mapping& mapping, std::vector<PageOrigin>& origins);
  Result<uint32_t> file_index(const Mapping& mapping, format::FileRole role);
  bool is_carried(const Mapping& mapping) const;
  bool has_no_identity(const Mapping& mapping) const;
  bool shows_interpreter(const Mapping& mapping) const;
  bool is_of_base(const Mapping& mapping) const;
  void add_plain(const Mapping& mapping, RegionKind kind);
  Status add_bytes(uint64_t address, uint64_t size, uint32_t protection);

  const FrozenProcess& frozen_;
  ProcessMemory memory_;
  Snapshot snapshot_;
};

Status Capture::read_agent_state() {
  snapshot_.ceiling = frozen_.ceiling;
  snapshot_.processor = format::this_processor();
  auto bytes = std::as_writable_bytes(std::span(&snapshot_.agent, 1));
  const Status read = memory_.read(frozen_.agent_state_address, bytes);
  if (!read) return read;
  if (snapshot_.agent.magic != format::kAgentMagic) {
    return support::fail(Error::because(
        ErrorKind::kInternal, "the agent belongs to another version of pysnap; install it again"));
  }
  return {};
}

void Capture::add_plain(const Mapping& mapping, RegionKind kind) {
  CapturedRegion region;
  region.address = mapping.begin;
  region.size = mapping.size();
  region.kind = kind;
  region.protection = kind == RegionKind::kReserved ? 0 : mapping.protection;
  region.flags = (mapping.wipe_on_fork ? format::kWipeOnFork : 0) |
                 (mapping.droppable ? format::kDroppable : 0);
  snapshot_.regions.push_back(std::move(region));
}

Status Capture::add_bytes(uint64_t address, uint64_t size, uint32_t protection) {
  CapturedRegion region;
  region.address = address;
  region.size = size;
  region.kind = RegionKind::kImage;
  region.protection = protection;
  region.bytes.resize(size);
  const Status read = memory_.read(address, region.bytes);
  if (!read) return read;
  snapshot_.regions.push_back(std::move(region));
  return {};
}

// The used part from just below the resume point up; the rest comes fresh at each launch, as much
// as its RLIMIT_STACK allows. What lies below the resume point is dead. The stack of a boot is one
// mapping; that of a launch is the part its image held and, below it, the part it got fresh.
Status Capture::add_stack(const Mapping& mapping) {
  const uint64_t used = snapshot_.agent.resume_stack_pointer & ~(kPageSize - 1);
  if (mapping.end <= used || mapping.protection == PROT_NONE) return {};
  const uint64_t begin = std::max(mapping.begin, used);
  if (begin == used) {
    CapturedRegion rest;
    rest.address = frozen_.ceiling - format::kStackSlotSize;
    rest.size = used - rest.address;
    rest.kind = RegionKind::kStack;
    rest.protection = PROT_READ | PROT_WRITE;
    snapshot_.regions.push_back(std::move(rest));
  }
  return add_bytes(begin, mapping.end - begin, mapping.protection);
}

bool Capture::is_carried(const Mapping& mapping) const {
  const std::vector<std::string>& listed = frozen_.carried_files;
  return frozen_.carry == Carry::kEverything || has_no_identity(mapping) ||
         std::find(listed.begin(), listed.end(), mapping.path) != listed.end();
}

// By its number: it may have another name by now, or none. A file of another device that has the
// same number is captured needlessly.
bool Capture::is_of_base(const Mapping& mapping) const {
  return mapping.is_file() && mapping.inode == frozen_.base_inode;
}

// Whatever becomes of such a file does not matter: all of it is in the image.
bool Capture::has_no_identity(const Mapping& mapping) const {
  return mapping.file_is_gone || mapping.path == frozen_.agent_file || is_of_base(mapping);
}

// Profilers and debuggers find an interpreter by the start of its file in /proc/PID/maps.
bool Capture::shows_interpreter(const Mapping& mapping) const {
  return frozen_.carry != Carry::kEverything && mapping.path == frozen_.runtime_file &&
         mapping.offset == 0 && !has_no_identity(mapping);
}

Result<uint32_t> Capture::file_index(const Mapping& mapping, format::FileRole role) {
  size_t index = 0;
  while (index < snapshot_.files.size() && snapshot_.files[index].original.path != mapping.path)
    ++index;
  if (index == snapshot_.files.size()) {
    Result<OriginalFile> file = identify_file(mapping.path);
    if (!file) return support::fail(file.error());
    snapshot_.files.push_back({std::move(*file), role});
  }
  CapturedFile& known = snapshot_.files[index];
  if (known.original.inode != mapping.inode) {
    return support::fail(was_replaced(mapping));
  }
  if (role == format::FileRole::kMapped) known.role = role;
  return static_cast<uint32_t>(index + 1);
}

// A page of its own can still hold the file's bytes: the door, relocations undone, a read-ahead.
Status Capture::compare_with_file(const Mapping& mapping, std::vector<PageOrigin>& origins) {
  const Result<support::MappedFile> file = support::MappedFile::map(mapping.path);
  if (!file) return support::fail(file.error());
  std::vector<std::byte> page(kPageSize);
  for (uint64_t i = 0; i < origins.size(); ++i) {
    if (origins[i] != PageOrigin::kCaptured) continue;
    const Status read = memory_.read(mapping.begin + i * kPageSize, page);
    if (!read) return read;
    const uint64_t at = mapping.offset + i * kPageSize;
    if (at >= file->bytes().size()) continue;
    const auto original =
        file->bytes().subspan(at).first(std::min<uint64_t>(kPageSize, file->bytes().size() - at));
    const auto tail = std::span<const std::byte>(page).subspan(original.size());
    const bool same = std::memcmp(page.data(), original.data(), original.size()) == 0 &&
                      (tail.empty() || is_zero(tail));
    if (same) origins[i] = PageOrigin::kElsewhere;
  }
  return {};
}

Status Capture::find_nonzero(const Mapping& mapping, std::vector<PageOrigin>& origins) {
  std::vector<std::byte> page(kPageSize);
  for (uint64_t i = 0; i < origins.size(); ++i) {
    if (origins[i] != PageOrigin::kCaptured) continue;
    const Status read = memory_.read(mapping.begin + i * kPageSize, page);
    if (!read) return read;
    if (is_zero(page)) origins[i] = PageOrigin::kElsewhere;
  }
  return {};
}

Result<std::vector<PageOrigin>> Capture::page_origins(const Mapping& mapping, bool carried) {
  const uint64_t count = mapping.size() / kPageSize;
  if (carried) {
    std::vector<PageOrigin> all(count, PageOrigin::kCaptured);
    if (!shows_interpreter(mapping)) return all;
    std::vector<PageOrigin> front(1, PageOrigin::kCaptured);
    if (const Status compared = compare_with_file(mapping, front); !compared)
      return support::fail(compared.error());
    all.front() = front.front();
    return all;
  }
  const Result<std::vector<PageState>> states = memory_.page_states(mapping.begin, mapping.size());
  if (!states) return support::fail(states.error());
  std::vector<PageOrigin> origins;
  origins.reserve(count);
  for (const PageState state : *states) {
    origins.push_back(state == PageState::kOwn ? PageOrigin::kCaptured : PageOrigin::kElsewhere);
  }
  const Status compared =
      mapping.is_file() ? compare_with_file(mapping, origins) : find_nonzero(mapping, origins);
  if (!compared) return support::fail(compared.error());
  return origins;
}

Status Capture::add_run(const Mapping& mapping, const PageRun& run, uint32_t file) {
  const uint64_t address = mapping.begin + run.first * kPageSize;
  const uint64_t size = run.count * kPageSize;
  if (run.origin == PageOrigin::kCaptured) return add_bytes(address, size, mapping.protection);
  CapturedRegion region;
  region.address = address;
  region.size = size;
  region.protection = mapping.protection;
  region.kind = mapping.is_file() ? RegionKind::kFile : RegionKind::kZero;
  if (mapping.is_file()) {
    region.file = file;
    region.file_offset = mapping.offset + run.first * kPageSize;
  }
  snapshot_.regions.push_back(std::move(region));
  return {};
}

Status Capture::add_private(const Mapping& mapping) {
  const bool carried = mapping.is_file() && is_carried(mapping);
  const Result<std::vector<PageOrigin>> origins = page_origins(mapping, carried);
  if (!origins) return support::fail(origins.error());
  const bool writable = (mapping.protection & PROT_WRITE) != 0;
  uint64_t shortest_gap = writable ? kShortestFileGap : 1;
  if (!mapping.is_file()) shortest_gap = kShortestZeroGap;
  const std::vector<PageRun> runs = plan_page_runs(*origins, shortest_gap);
  uint32_t file = 0;
  if (mapping.is_file() && !has_no_identity(mapping)) {
    const bool all_captured = runs.size() == 1 && runs[0].origin == PageOrigin::kCaptured;
    const Result<uint32_t> index =
        file_index(mapping, all_captured ? format::FileRole::kCopied : format::FileRole::kMapped);
    if (!index) return support::fail(index.error());
    file = *index;
  }
  for (const PageRun& run : runs) {
    const Status added = add_run(mapping, run, file);
    if (!added) return added;
  }
  return {};
}

Status Capture::add_shared(const Mapping& mapping) {
  if ((mapping.protection & PROT_WRITE) != 0 || mapping.file_is_gone || !mapping.is_file()) {
    return support::fail(Error::because(
        ErrorKind::kRefused,
        fmt::format("shared memory ({}) cannot be frozen: a module made it at import; make it on "
                    "first use, or leave the module out of the image",
                    mapping.path.empty() ? "anonymous" : mapping.path)));
  }
  const Result<uint32_t> file = file_index(mapping, format::FileRole::kMapped);
  if (!file) return support::fail(file.error());
  add_plain(mapping, RegionKind::kSharedFile);
  snapshot_.regions.back().file = *file;
  snapshot_.regions.back().file_offset = mapping.offset;
  return {};
}

Status Capture::add_mapping(const Mapping& mapping) {
  ++snapshot_.mapping_count;
  if (mapping.is_file() && mapping.path == frozen_.base_file && !is_of_base(mapping))
    return support::fail(was_replaced(mapping));
  const uint64_t stack_slot = frozen_.ceiling - format::kStackSlotSize;
  if (mapping.is_kernel_page()) return {};
  if (mapping.begin >= stack_slot) return add_stack(mapping);
  if (mapping.begin >= format::kernel_page_slot(frozen_.ceiling)) return {};  // filler of the slot
  if (mapping.protection == PROT_NONE) {
    // Holes between a library's segments belong to nobody; reserves of allocators do.
    if (!mapping.is_file() || is_of_base(mapping)) add_plain(mapping, RegionKind::kReserved);
    return {};
  }
  if (mapping.sharing == Sharing::kShared) return add_shared(mapping);
  // States of random generators: glibc's for getrandom(3) among them, from 2.41 on. Two launches
  // that went on from one state would draw the same numbers; a state of zeros is filled anew.
  if (mapping.wipe_on_fork || mapping.droppable) {
    add_plain(mapping, RegionKind::kZero);
    return {};
  }
  return add_private(mapping);
}

Status Capture::add_kernel_page(const std::vector<Mapping>& mappings) {
  format::KernelPage& page = snapshot_.kernel_page;
  page.slot = format::kernel_page_slot(frozen_.ceiling);
  uint32_t count = 0;
  for (const Mapping& mapping : mappings) {
    if (!mapping.is_kernel_page()) continue;
    if (count == format::kKernelMappingCount) {
      return support::fail(
          Error::because(ErrorKind::kInternal, "this kernel's vDSO has more parts than are known"));
    }
    page.mappings[count++] = {mapping.begin - page.slot, mapping.size()};
    if (mapping.path != "[vdso]") continue;
    // That of this process: every process has the same, and the boot's has been written to.
    const auto* code = reinterpret_cast<const void*>(::getauxval(AT_SYSINFO_EHDR));
    page.code_offset = mapping.begin - page.slot;
    page.code_size = mapping.size();
    page.code_checksum = format::checksum(code, mapping.size());
  }
  return {};
}

}  // namespace

Result<Snapshot> capture(const FrozenProcess& frozen) {
  // 1. The list of mappings, and the right to read them.
  Result<std::vector<Mapping>> mappings = read_memory_map(frozen.process);
  if (!mappings) return support::fail(mappings.error());
  Result<ProcessMemory> memory = ProcessMemory::open(frozen.process);
  if (!memory) return support::fail(memory.error());
  Capture capture(frozen, std::move(*memory));

  // 2. What the agent noted before it froze: where to resume decides which stack pages count.
  if (const Status state = capture.read_agent_state(); !state) return support::fail(state.error());

  // 3. Every mapping below the ceiling; above it lies only what the boot stub left behind.
  for (const Mapping& mapping : *mappings) {
    if (mapping.begin >= frozen.ceiling) break;
    if (const Status added = capture.add_mapping(mapping); !added)
      return support::fail(added.error());
  }
  if (const Status page = capture.add_kernel_page(*mappings); !page)
    return support::fail(page.error());

  // 4. Fewer mappings, same memory. From here on the process is no longer needed.
  Snapshot snapshot = capture.take();
  merge_regions(snapshot.regions);
  snapshot.arena_low = frozen.ceiling;
  for (const CapturedRegion& region : snapshot.regions) {
    constexpr uint64_t kLowestCeiling = uint64_t{1} << 40;
    if (region.address >= kLowestCeiling) {
      snapshot.arena_low = region.address;
      break;
    }
  }
  return snapshot;
}

}  // namespace pysnap::snapshot
