#include "launcher/base_image.h"

#include <sys/stat.h>

#include <filesystem>

#include "launcher/image_dependencies.h"
#include "launcher/image_file.h"

namespace pysnap::launcher {
namespace {

using support::Result;

enum class Compared { kYes, kNo };

std::vector<std::string> variables_of(const format::ImageView& view, Compared compared) {
  std::vector<std::string> names;
  for (const format::EnvironmentKey& key : view.environment()) {
    if (key.kind >= format::VariableKind::kDirectory) continue;
    const bool is_compared = key.kind != format::VariableKind::kIgnored;
    if (is_compared == (compared == Compared::kYes)) names.emplace_back(view.string(key.name));
  }
  return names;
}

DirectoryUse directory_use_of(const format::ImageView& view) {
  DirectoryUse use;
  for (const format::EnvironmentKey& key : view.environment()) {
    if (key.kind == format::VariableKind::kDirectory) use.user = view.string(key.name);
    if (key.kind != format::VariableKind::kAbsent) continue;
    use.seeker = view.string(key.name);
    use.absent.emplace_back(view.string(key.value));
  }
  return use;
}

std::vector<snapshot::OriginalFile> files_of(const format::ImageView& view) {
  std::vector<snapshot::OriginalFile> files;
  for (const format::File& file : view.files()) {
    files.push_back({view.string(file.path), file.size, file.inode, file.modified_seconds,
                     file.modified_nanoseconds, view.string(file.build_id)});
  }
  return files;
}

}  // namespace

Result<BaseImage> open_base_image(const std::string& path) {
  const Result<ImageFile> file = ImageFile::open(path);
  if (!file) return support::fail(file.error());
  const format::ImageView view = file->view();
  const format::ImageHeader& header = view.header();
  std::error_code error;
  const std::string mapped_path = std::filesystem::canonical(path, error);
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0)
    return support::fail(support::Error::from_errno(fmt::format("{} cannot be examined", path)));
  const std::string interpreter_file = view.string(view.files()[header.interpreter_file - 1].path);
  return BaseImage{path,
                   mapped_path,
                   status.st_ino,
                   header.arena_high,
                   {view.string(header.interpreter), interpreter_file, "",
                    view.string(header.interpreter_version)},
                   texts_of(view, view.options()),
                   static_cast<format::ProgramKind>(header.program_kind),
                   view.string(header.program),
                   texts_of(view, view.notices()),
                   variables_of(view, Compared::kYes),
                   variables_of(view, Compared::kNo),
                   directory_use_of(view),
                   texts_of(view, view.captured()),
                   files_of(view),
                   dependencies_of(view),
                   header.flags};
}

}  // namespace pysnap::launcher
