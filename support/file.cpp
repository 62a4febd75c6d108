#include "support/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace pysnap::support {

Result<File> File::open_read(const std::string& path) {
  // Non-blocking, or a named pipe would wait for its writer (fifo(7)); regular files do not care.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return fail(Error::from_errno(fmt::format("{} cannot be opened", path)));
  return File(descriptor);
}

Result<File> File::create_new(const std::string& path, mode_t mode) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return fail(Error::from_errno(fmt::format("{} cannot be created", path)));
  return File(descriptor);
}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = other.release();
  }
  return *this;
}

File::~File() { close(); }

int File::release() { return std::exchange(descriptor_, -1); }

void File::close() {
  if (descriptor_ >= 0) ::close(release());
}

Result<size_t> File::read_at(uint64_t offset, std::span<std::byte> bytes) const {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno("reading"));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Status File::write_at(uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t done =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail(Error::from_errno("writing"));
    offset += static_cast<uint64_t>(done);
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return {};
}

Status File::synchronise() const {
  if (::fsync(descriptor_) != 0) return fail(Error::from_errno("synchronising"));
  return {};
}

Result<struct stat> File::status() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) return fail(Error::from_errno("examining a file"));
  return status;
}

Result<std::string> read_text(const std::string& path) {
  Result<File> file = File::open_read(path);
  if (!file) return fail(file.error());
  std::string text;
  std::byte chunk[65536];
  for (;;) {
    const ssize_t got = ::read(file->descriptor(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno(fmt::format("{} cannot be read", path)));
    if (got == 0) return text;
    text.append(reinterpret_cast<const char*>(chunk), static_cast<size_t>(got));
  }
}

Result<MappedFile> MappedFile::map(const std::string& path) {
  Result<File> file = File::open_read(path);
  if (!file) return fail(file.error());
  Result<struct stat> status = file->status();
  if (!status) return fail(status.error().in(path));
  if (!S_ISREG(status->st_mode))
    return fail(Error::because(ErrorKind::kInput, fmt::format("{} is not a regular file", path)));
  const size_t size = static_cast<size_t>(status->st_size);
  if (size == 0) return MappedFile({});
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->descriptor(), 0);
  if (mapped == MAP_FAILED)
    return fail(Error::from_errno(fmt::format("{} cannot be mapped", path)));
  return MappedFile({static_cast<const std::byte*>(mapped), size});
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace pysnap::support
