#include "launcher/temporary_image.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace pysnap::launcher {
namespace {

using support::Error;
using support::Status;

}  // namespace

TemporaryImage::TemporaryImage(const std::string& output)
    : path_(fmt::format("{}{}{}", output, kTemporaryMark, ::getpid())) {
  ::unlink(path_.c_str());
}

TemporaryImage::~TemporaryImage() {
  if (!published_) ::unlink(path_.c_str());
}

Status TemporaryImage::publish(const std::string& output) {
  if (::rename(path_.c_str(), output.c_str()) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be published", output)));
  published_ = true;
  return {};
}

void remove_abandoned(const std::string& output) {
  const std::filesystem::path path = output;
  const std::string prefix = path.filename().string() + kTemporaryMark;
  const std::filesystem::path directory =
      path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const long process = std::strtol(name.c_str() + prefix.size(), nullptr, 10);
    const bool is_gone =
        process > 0 && ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
    if (is_gone) ::unlink(entry.path().c_str());
  }
}

}  // namespace pysnap::launcher
