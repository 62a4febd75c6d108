#include "launcher/seal_command.h"

#include <sys/stat.h>

#include <cstring>
#include <vector>

#include "format/checksum.h"
#include "launcher/image_file.h"
#include "launcher/temporary_image.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::File;
using support::Result;
using support::Status;

// The metadata block with the mark, and with the checksum that it then has.
std::vector<uint64_t> trusted_block(const ImageFile& image) {
  format::ImageHeader header = image.view().header();
  header.flags |= format::kTrusted;
  std::vector<uint64_t> block((header.metadata_size + 7) / 8);
  std::memcpy(block.data(), image.bytes().data() + image.metadata_offset(), header.metadata_size);
  std::memcpy(block.data(), &header, sizeof header);
  header.metadata_checksum = format::metadata_checksum(block.data(), header.metadata_size);
  std::memcpy(block.data(), &header, sizeof header);
  return block;
}

Status write_trusted(const ImageFile& image, const std::string& path, mode_t mode) {
  const Result<File> file = File::create_new(path, mode);
  if (!file) return support::fail(file.error());
  const auto bytes = image.bytes();
  const uint64_t block_at = image.metadata_offset();
  const std::vector<uint64_t> block = trusted_block(image);
  const auto new_bytes = std::as_bytes(std::span(block)).first(image.view().header().metadata_size);
  if (const Status done = file->write_at(0, bytes); !done) return done;
  if (const Status done = file->write_at(block_at, new_bytes); !done) return done;
  // The limits of the user's umask do not apply to a copy.
  if (::fchmod(file->descriptor(), mode) != 0)
    return support::fail(Error::from_errno("setting the mode"));
  return file->synchronise();
}

}  // namespace

Status seal_image(const std::string& path) {
  const Result<ImageFile> image = ImageFile::open(path);
  if (!image) return support::fail(image.error());
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be examined", path)));
  constexpr mode_t kPermissions = 0777;
  remove_abandoned(path);
  TemporaryImage temporary(path);
  const Status written = write_trusted(*image, temporary.path(), status.st_mode & kPermissions);
  if (!written) return support::fail(written.error().in(temporary.path()));
  return temporary.publish(path);
}

}  // namespace pysnap::launcher
