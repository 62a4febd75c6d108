#include "restore/open_image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bare/path.h"
#include "bare/system_call.h"
#include "bare/text.h"
#include "format/seal.h"
#include "restore/trust.h"

namespace pysnap::restore {
namespace {

OpenImage rejected(OpenImage image, const char* reason, int error = 0) {
  image.reason = reason;
  image.error = error;
  return image;
}

struct Place {
  uint64_t offset = 0;  // of the metadata block
  uint64_t size = 0;    // 0: there is none
};

// The block follows the program headers, and its first fields tell its size.
Place find_metadata(int descriptor) {
  Elf64_Ehdr elf;
  if (bare::read_at(descriptor, &elf, sizeof elf, 0).raw != sizeof elf ||
      __builtin_memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
    return {};
  const uint64_t offset = format::metadata_offset(elf.e_phnum);
  format::ImageHeader header;
  constexpr uint64_t kMostMetadata = uint64_t{1} << 30;
  if (bare::read_at(descriptor, &header, sizeof header, offset).raw != sizeof header ||
      header.magic != format::kImageMagic || header.metadata_size > kMostMetadata)
    return {};
  return {offset, header.metadata_size};
}

enum class Owner { kChecked, kAny };

OpenImage examine(const bare::SystemResult opened, Owner owner) {
  OpenImage image;
  if (opened.failed()) return rejected(image, "it cannot be opened", opened.error());
  image.descriptor = static_cast<int>(opened.raw);

  struct stat status;
  const bare::SystemResult known =
      bare::system_call(SYS_fstat, image.descriptor, bare::as_word(&status));
  if (known.failed()) return rejected(image, "it cannot be examined", known.error());
  if (!S_ISREG(status.st_mode)) return rejected(image, "it is not a regular file");
  const char* distrust = owner == Owner::kChecked ? why_not_trusted(status) : nullptr;
  if (distrust != nullptr) return rejected(image, distrust);
  const uint64_t file_size = static_cast<uint64_t>(status.st_size);

  const Place place = find_metadata(image.descriptor);
  if (place.size == 0) return rejected(image, "it is not a pysnap image");
  // A mapping past the end of a cut file would be a SIGBUS on first touch.
  if (place.offset + place.size > file_size) return rejected(image, "it was cut short");

  const bare::SystemResult mapped = bare::map(0, place.offset + place.size, PROT_READ,
                                              MAP_PRIVATE | MAP_POPULATE, image.descriptor, 0);
  if (mapped.failed()) return rejected(image, "its metadata cannot be mapped", mapped.error());
  const char* file = reinterpret_cast<const char*>(mapped.raw);
  const format::RejectReason reason =
      format::check_seal(file, place.offset, file + place.offset, place.size, file_size);
  if (reason != format::RejectReason::kNone) image.reason = format::reason_text(reason);
  image.metadata = file + place.offset;
  return image;
}

// Nullptr also where there is no such directory: opening the image says so.
const char* why_directory_is_not_trusted(const char* path) {
  size_t size = bare::length_of(path);
  while (size > 0 && path[size - 1] != '/') --size;
  bare::Path directory;
  directory.add(size == 0 ? "." : "").add(path, size);
  struct stat status;
  const bare::SystemResult known =
      bare::system_call(SYS_stat, bare::as_word(directory.text()), bare::as_word(&status));
  return known.failed() ? nullptr : why_not_trusted(status);
}

}  // namespace

OpenImage open_image(const char* path) {
  const char* distrust = why_directory_is_not_trusted(path);
  if (distrust != nullptr) return rejected({}, distrust);
  return examine(bare::open_read_only(path), Owner::kChecked);
}

OpenImage open_executed_image() {
  return examine(bare::open_read_only("/proc/self/exe"), Owner::kAny);
}

OpenImage open_image_in(int directory, const char* name) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
  return examine(bare::system_call(SYS_openat, directory, bare::as_word(name), kFlags),
                 Owner::kChecked);
}

}  // namespace pysnap::restore
