#include "fuzz/memory_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/expect.h"

namespace pysnap::tests {

MemoryFile::MemoryFile(const void* bytes, size_t size)
    : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)),
      path_("/proc/self/fd/" + std::to_string(descriptor_)) {
  expect(descriptor_ >= 0, "memory is a file");
  // The kernel lets everybody write such a file; a launch refuses images that others can write.
  expect(::fchmod(descriptor_, 0600) == 0, "the file is private");
  const ssize_t written = ::pwrite(descriptor_, bytes, size, 0);
  expect(written == static_cast<ssize_t>(size), "the file is written");
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

}  // namespace pysnap::tests
