#include "restore/trust.h"

#include <elf.h>

#include "bare/system_call.h"

namespace pysnap::restore {

const char* why_not_trusted(const struct stat& status) {
  const auto user = static_cast<uid_t>(bare::system_call(SYS_geteuid).raw);
  if (status.st_uid != user && status.st_uid != 0)
    return S_ISDIR(status.st_mode) ? "the directory belongs to another user"
                                   : "it belongs to another user";
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  if ((status.st_mode & kOthersWrite) == 0) return nullptr;
  if (!S_ISDIR(status.st_mode)) return "others can write it";
  return (status.st_mode & S_ISVTX) != 0 ? nullptr : "others can write the directory";
}

const char* why_no_image_is_trusted(const bare::ProcessStart& start) {
  return start.auxiliary_value(AT_SECURE) == 0 ? nullptr : "the process is set-uid or set-gid";
}

}  // namespace pysnap::restore
