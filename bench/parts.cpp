// What the parts of a launch cost on this machine: checksums, mappings, pages. docs/ derives the
// budget of a launch from these numbers, so each is the price of one thing.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kFilePages = 4096;

// Ends the program: a benchmark that cannot be set up has no number to give.
[[noreturn]] void give_up(const char* step) {
  std::perror(step);
  std::exit(1);
}

// A file in the current folder that nobody else can see, written in one large piece: ext4 then
// keeps it in large folios, as it does an image.
int open_page_file() {
  static const int descriptor = [] {
    std::string name = "./parts-bench-XXXXXX";
    const int file = ::mkstemp(name.data());
    if (file < 0) give_up("mkstemp");
    ::unlink(name.c_str());
    const std::vector<char> content(kFilePages * kPage, 'x');
    if (::write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
      give_up("write");
    }
    return file;
  }();
  return descriptor;
}

char* map_anonymous(size_t size) {
  void* place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) give_up("mmap");
  // Huge pages would make this another benchmark: huge_page_first_touch is that one.
  ::madvise(place, size, MADV_NOHUGEPAGE);
  return static_cast<char*>(place);
}

char* map_file(size_t size) {
  void* place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, open_page_file(), 0);
  if (place == MAP_FAILED) give_up("mmap");
  return static_cast<char*>(place);
}

void count_pages(benchmark::State& state) {
  state.counters["per_page"] = benchmark::Counter(
      static_cast<double>(state.range(0)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// The seal of an image: checked on every launch over header and tables.
void checksum_metadata(benchmark::State& state) {
  const std::vector<char> bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(XXH3_64bits(bytes.data(), bytes.size()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum_metadata)->RangeMultiplier(4)->Range(4 << 10, 4 << 20);

// N private ranges of a file, each beside its neighbour but from another offset, so that the
// kernel keeps N mappings; then their end.
void map_and_unmap_ranges(benchmark::State& state) {
  const size_t count = static_cast<size_t>(state.range(0));
  char* const reserved = map_anonymous(count * kPage);
  for (auto _ : state) {
    for (size_t i = 0; i < count; ++i) {
      const auto offset = static_cast<off_t>((count - 1 - i) * kPage);
      if (::mmap(reserved + i * kPage, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                 open_page_file(), offset) == MAP_FAILED) {
        give_up("mmap");
      }
    }
    // Unmaps them all and keeps the place reserved for the next round.
    if (::mmap(reserved, count * kPage, PROT_NONE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1,
               0) == MAP_FAILED) {
      give_up("mmap");
    }
  }
  ::munmap(reserved, count * kPage);
  count_pages(state);
}
BENCHMARK(map_and_unmap_ranges)->Arg(16)->Arg(128)->Arg(1024)->Unit(benchmark::kMicrosecond);

enum class Touch { kRead, kWrite, kReadThenWrite };

void touch_pages(char* place, size_t pages, Touch touch) {
  for (size_t i = 0; i < pages; ++i) {
    volatile char& byte = place[i * kPage];
    if (touch != Touch::kWrite) benchmark::DoNotOptimize(char{byte});
    if (touch != Touch::kRead) byte = 1;
  }
}

// Faults on private pages of a file: reading maps the page cache, writing copies the page. The
// price includes the end of the page.
void touch_file_pages(benchmark::State& state, Touch touch) {
  const size_t pages = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    char* const place = map_file(pages * kPage);
    touch_pages(place, pages, touch);
    ::munmap(place, pages * kPage);
  }
  count_pages(state);
}
BENCHMARK_CAPTURE(touch_file_pages, read, Touch::kRead)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(touch_file_pages, copy_on_write, Touch::kWrite)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(touch_file_pages, read_then_write, Touch::kReadThenWrite)->Arg(64)->Arg(1024);

// The same copies asked for at once.
void populate_file_pages(benchmark::State& state) {
  const size_t size = static_cast<size_t>(state.range(0)) * kPage;
  for (auto _ : state) {
    char* const place = map_file(size);
    if (::madvise(place, size, MADV_POPULATE_WRITE) != 0) give_up("MADV_POPULATE_WRITE");
    ::munmap(place, size);
  }
  count_pages(state);
}
BENCHMARK(populate_file_pages)->Arg(64)->Arg(1024);

void touch_anonymous_pages(benchmark::State& state) {
  const size_t pages = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    char* const place = map_anonymous(pages * kPage);
    touch_pages(place, pages, Touch::kWrite);
    ::munmap(place, pages * kPage);
  }
  count_pages(state);
}
BENCHMARK(touch_anonymous_pages)->Arg(64)->Arg(1024);

// Filling fresh memory from the file instead of mapping the file.
void read_into_anonymous_pages(benchmark::State& state) {
  const size_t size = static_cast<size_t>(state.range(0)) * kPage;
  for (auto _ : state) {
    char* const place = map_anonymous(size);
    if (::pread(open_page_file(), place, size, 0) != static_cast<ssize_t>(size)) give_up("pread");
    ::munmap(place, size);
  }
  count_pages(state);
}
BENCHMARK(read_into_anonymous_pages)->Arg(1)->Arg(64)->Arg(1024);

// One aligned 2 MiB block with huge pages asked for; whether the kernel gives one is its choice,
// so compare with 512 times the price of a small page.
char* huge_block(char* reserved) {
  const auto address = reinterpret_cast<uintptr_t>(reserved);
  return reserved + (kHugePage - address % kHugePage) % kHugePage;
}

void fill_huge_page(benchmark::State& state) {
  const size_t pages = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    char* const reserved = map_anonymous(2 * kHugePage);
    char* const block = huge_block(reserved);
    ::madvise(block, kHugePage, MADV_HUGEPAGE);
    const size_t size = pages * kPage;
    if (::pread(open_page_file(), block, size, 0) != static_cast<ssize_t>(size)) give_up("pread");
    ::munmap(reserved, 2 * kHugePage);
  }
  count_pages(state);
}
BENCHMARK(fill_huge_page)->Arg(1)->Arg(80)->Arg(512)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
