#include "launcher/image_file.h"

#include <elf.h>

#include <cstring>

#include "format/seal.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;

tl::unexpected<Error> rejected(const std::string& path, const char* reason) {
  return support::fail(Error::because(
      ErrorKind::kInput, fmt::format("the image {} cannot be used: {}; build it again with "
                                     "`pysnap build`",
                                     path, reason)));
}

struct Place {
  uint64_t offset = 0;
  uint64_t size = 0;
};

// The block follows the program headers (format/image_format.h).
Place find_metadata(std::span<const std::byte> file) {
  Elf64_Ehdr elf;
  if (file.size() < sizeof elf) return {};
  std::memcpy(&elf, file.data(), sizeof elf);
  const uint64_t offset = format::metadata_offset(elf.e_phnum);
  format::ImageHeader header;
  if (std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || file.size() < offset ||
      file.size() - offset < sizeof header)
    return {};
  std::memcpy(&header, file.data() + offset, sizeof header);
  if (header.magic != format::kImageMagic) return {};
  return {offset, header.metadata_size};
}

}  // namespace

Result<ImageFile> ImageFile::open(const std::string& path) {
  Result<support::MappedFile> file = support::MappedFile::map(path);
  if (!file) return support::fail(file.error());
  const Place place = find_metadata(file->bytes());
  if (place.size == 0) return rejected(path, "it is not a pysnap image");
  if (place.size > file->bytes().size() - place.offset) return rejected(path, "it was cut short");
  std::vector<uint64_t> block((place.size + 7) / 8);
  std::memcpy(block.data(), file->bytes().data() + place.offset, place.size);
  const format::RejectReason reason = format::check_seal(
      file->bytes().data(), place.offset, block.data(), place.size, file->bytes().size());
  if (reason != format::RejectReason::kNone) return rejected(path, format::reason_text(reason));
  return ImageFile(std::move(*file), std::move(block), place.offset);
}

std::vector<std::string> texts_of(const format::ImageView& view,
                                  const format::Records<format::Text>& records) {
  std::vector<std::string> texts;
  for (const format::Text& record : records) texts.emplace_back(view.string(record.text));
  return texts;
}

Result<uint64_t> ImageFile::check_segments(const std::string& path) const {
  uint64_t total = metadata_offset_ + view().header().metadata_size;  // under the seal
  for (const format::Segment& segment : view().segments()) {
    const bool inside =
        segment.offset <= bytes().size() && segment.size <= bytes().size() - segment.offset;
    if (!inside ||
        format::checksum(bytes().data() + segment.offset, segment.size) != segment.checksum) {
      return support::fail(Error::because(
          ErrorKind::kInput,
          fmt::format("the image {} is damaged: the {} bytes at offset {} of the file are not what "
                      "was written; build it again with `pysnap build`",
                      path, segment.size, segment.offset)));
    }
    total += segment.size;
  }
  return total;
}

}  // namespace pysnap::launcher
