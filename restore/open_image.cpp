#include "restore/open_image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bare/path.h"
#include "bare/system_call.h"
#include "bare/text.h"
#include "format/relocation_table.h"
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

// Read, not mapped: the pages of a file that somebody cuts go from all mappings (SIGBUS), and the
// launch needs these until it jumps.
constexpr int kFilledMemory = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

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
  if (place.offset + place.size > file_size) return rejected(image, "it was cut short");

  const uint64_t front_size = place.offset + place.size;
  const bare::SystemResult memory =
      bare::map(0, front_size, PROT_READ | PROT_WRITE, kFilledMemory, -1, 0);
  if (memory.failed()) return rejected(image, "there is no memory for it", memory.error());
  char* file = reinterpret_cast<char*>(memory.raw);
  if (bare::read_front(image.descriptor, file, front_size) != front_size)
    return rejected(image, "it was cut short");
  const format::RejectReason reason =
      format::check_seal(file, place.offset, file + place.offset, place.size, file_size);
  if (reason != format::RejectReason::kNone) image.reason = format::reason_text(reason);
  image.metadata = file + place.offset;
  return image;
}

// Nullptr also where there is no such directory: opening the image says so.
const char* why_directory_is_not_trusted(const char* path) {
  const size_t size = bare::directory_length(path, bare::length_of(path));
  bare::Path directory;
  directory.add(size == 0 ? "." : "").add(path, size);
  struct stat status;
  const bare::SystemResult known =
      bare::system_call(SYS_stat, bare::as_word(directory.text()), bare::as_word(&status));
  return known.failed() ? nullptr : why_not_trusted(status);
}

}  // namespace

OpenRelocations open_relocations(const OpenImage& image) {
  const format::ImageHeader& header = image.view().header();
  if (header.relocation_size == 0) return {nullptr, "it cannot lie elsewhere"};
  if (header.relocation_size > header.file_size ||
      header.relocation_offset > header.file_size - header.relocation_size)
    return {nullptr, "its relocation table lies outside it"};
  const bare::SystemResult memory =
      bare::map(0, header.relocation_size, PROT_READ | PROT_WRITE, kFilledMemory, -1, 0);
  if (memory.failed()) return {nullptr, "there is no memory for its relocation table"};
  char* table = reinterpret_cast<char*>(memory.raw);
  if (bare::read_from(image.descriptor, header.relocation_offset, table, header.relocation_size) !=
      header.relocation_size)
    return {nullptr, "it was cut short"};
  bool is_whole = false;
  for (const format::Segment& segment : image.view().segments()) {
    if (segment.offset == header.relocation_offset && segment.size == header.relocation_size)
      is_whole = segment.checksum == format::checksum(table, segment.size);
  }
  if (!is_whole) return {nullptr, "its relocation table is damaged"};
  const char* reason = format::RelocationCheck::check(table, header.relocation_size, image.view());
  return {reason == nullptr ? table : nullptr, reason};
}

bool has_its_size(const OpenImage& image) {
  struct stat status;
  return !bare::system_call(SYS_fstat, image.descriptor, bare::as_word(&status)).failed() &&
         static_cast<uint64_t>(status.st_size) == image.view().header().file_size;
}

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
