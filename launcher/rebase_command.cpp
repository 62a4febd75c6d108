#include "launcher/rebase_command.h"

#include <sys/stat.h>

#include <cstring>
#include <optional>
#include <vector>

#include "launcher/child_process.h"
#include "launcher/first_launch.h"
#include "launcher/image_file.h"
#include "launcher/image_relocations.h"
#include "launcher/installation.h"
#include "launcher/moved_image.h"
#include "launcher/random_ceiling.h"
#include "launcher/startup_variables.h"
#include "launcher/temporary_image.h"

namespace pysnap::launcher {
namespace {

using format::RelocationView;
using support::Error;
using support::ErrorKind;
using support::File;
using support::Result;
using support::Status;

Error is_pinned(const std::string& path) {
  return Error::because(
      ErrorKind::kInput,
      fmt::format("the image {} is pinned and cannot move; build it with --relocatable=require",
                  path));
}

// What the agent wrote (agent/after_slide.h); nothing where the end is missing.
std::optional<std::vector<ChangedRange>> parse_report(const std::string& report) {
  std::vector<ChangedRange> ranges;
  for (size_t at = 0;;) {
    uint64_t header[2];
    if (sizeof header > report.size() - at) return std::nullopt;
    std::memcpy(header, report.data() + at, sizeof header);
    at += sizeof header;
    if (header[1] == 0) return ranges;
    if (header[1] > report.size() - at) return std::nullopt;
    ChangedRange range = {header[0], std::vector<std::byte>(header[1])};
    std::memcpy(range.bytes.data(), report.data() + at, header[1]);
    ranges.push_back(std::move(range));
    at += header[1];
  }
}

// Launches the image at another ceiling, to see what its agent changes there.
Result<std::vector<ChangedRange>> changes_at(uint64_t ceiling, const std::string& path,
                                             const format::ImageView& view,
                                             const Installation& installation) {
  const Result<File> report = make_log();
  if (!report) return support::fail(report.error());
  std::vector<std::string> command = {installation.run_program,
                                      "--anywhere",
                                      "--prove",
                                      fmt::format("--move-to={:x},{:x}", ceiling, kControlNumber),
                                      "--image",
                                      path};
  for (const std::string& option : texts_of(view, view.options())) command.push_back(option);
  command.emplace_back("-c");
  command.emplace_back("pass");
  const Result<CommandResult> launch =
      run_command(std::move(command), environment_for(view), {.control = report->descriptor()});
  if (!launch) return support::fail(launch.error());
  const Result<std::string> text = read_log(*report);
  std::optional<std::vector<ChangedRange>> changes;
  if (launch->status == 0 && text) changes = parse_report(*text);
  if (changes) return *changes;
  return support::fail(Error::because(
      ErrorKind::kInput, fmt::format("the image {} could not be launched at another place: {}{}{}",
                                     path, describe_wait_status(launch->status),
                                     launch->errors.empty() ? "" : ":\n", launch->errors)));
}

// Nothing: at this ceiling the agent fills pages that the file does not have.
Result<std::optional<MovedImage>> move_to(uint64_t ceiling, const ImageFile& image,
                                          const RelocationView& relocations,
                                          const std::string& path,
                                          const Installation& installation) {
  Result<std::vector<ChangedRange>> changes = changes_at(ceiling, path, image.view(), installation);
  if (!changes) return support::fail(changes.error());
  MovedImage moved(image, relocations, ceiling);
  for (const ChangedRange& range : *changes) {
    if (!moved.apply(range)) return std::optional<MovedImage>();
  }
  moved.seal();
  return std::optional<MovedImage>(std::move(moved));
}

Result<MovedImage> move_at_random(const ImageFile& image, const RelocationView& relocations,
                                  const std::string& path, const Installation& installation) {
  constexpr int kMostTries = 32;
  const format::ImageHeader& header = image.view().header();
  for (int i = 0; i < kMostTries; ++i) {
    const Result<uint64_t> ceiling =
        random_ceiling(header.relocation_ceiling, relocations.header().step);
    if (!ceiling) return support::fail(ceiling.error());
    if (*ceiling == header.arena_high) continue;
    Result<std::optional<MovedImage>> moved =
        move_to(*ceiling, image, relocations, path, installation);
    if (!moved) return support::fail(moved.error());
    if (*moved) return std::move(**moved);
  }
  return support::fail(
      Error::because(ErrorKind::kInternal,
                     fmt::format("no place was found for the image {}; build it again", path)));
}

// As build does: sealed only when everything else is on stable storage.
Status write_moved(const MovedImage& moved, const std::string& path, mode_t mode) {
  const Result<File> file = File::create_new(path, mode);
  if (!file) return support::fail(file.error());
  const std::span<const std::byte> bytes = moved.bytes();
  const uint64_t sealed_end = moved.metadata_offset() + sizeof(format::ImageHeader);
  const std::span<const std::byte> header =
      bytes.subspan(moved.metadata_offset(), sizeof(format::ImageHeader));
  if (const Status done = file->write_at(0, bytes.first(moved.metadata_offset())); !done)
    return done;
  if (const Status done = file->write_at(sealed_end, bytes.subspan(sealed_end)); !done) return done;
  // The limits of the user's umask do not apply to a copy.
  if (::fchmod(file->descriptor(), mode) != 0)
    return support::fail(Error::from_errno("setting the mode"));
  if (const Status done = file->synchronise(); !done) return done;
  if (const Status done = file->write_at(moved.metadata_offset(), header); !done) return done;
  return file->synchronise();
}

}  // namespace

Status rebase(const std::string& path) {
  // 1. The image as it is, every byte of it.
  const Result<Installation> installation = find_installation();
  if (!installation) return support::fail(installation.error());
  const Result<ImageFile> image = ImageFile::open(path);
  if (!image) return support::fail(image.error());
  if (const Result<uint64_t> sound = image->check_segments(path); !sound)
    return support::fail(sound.error());
  const Result<std::optional<ImageRelocations>> relocations = ImageRelocations::read(*image, path);
  if (!relocations) return support::fail(relocations.error());
  if (!*relocations) return support::fail(is_pinned(path));
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be examined", path)));

  // 2. Move it.
  const Result<MovedImage> moved =
      move_at_random(*image, (*relocations)->view(), path, *installation);
  if (!moved) return support::fail(moved.error());

  // 3. Write under another name, prove, publish.
  constexpr mode_t kPermissions = 0777;
  remove_abandoned(path);
  TemporaryImage temporary(path);
  const Status written = write_moved(*moved, temporary.path(), status.st_mode & kPermissions);
  if (!written) return support::fail(written.error().in(temporary.path()));
  const format::ImageView view = image->view();
  const auto kind = static_cast<format::ProgramKind>(view.header().program_kind);
  const Status proven = prove(*installation, temporary.path(), texts_of(view, view.options()), kind,
                              environment_for(view), Surroundings::kAnywhere);
  if (!proven) return proven;
  return temporary.publish(path);
}

}  // namespace pysnap::launcher
