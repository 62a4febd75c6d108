// Whether launches use images of a directory: as restore/trust.h decides it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

namespace pysnap::launcher {

enum class DirectoryTrust { kTrusted, kOtherOwner, kOthersWrite };

// Where everybody may create files but only remove their own, as in /tmp, nobody can replace one.
inline DirectoryTrust trust_in(const struct stat& directory) {
  if (directory.st_uid != ::geteuid() && directory.st_uid != 0) return DirectoryTrust::kOtherOwner;
  const bool others_write = (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return others_write && (directory.st_mode & S_ISVTX) == 0 ? DirectoryTrust::kOthersWrite
                                                            : DirectoryTrust::kTrusted;
}

}  // namespace pysnap::launcher
