// Exit statuses of the pysnap programs, listed in docs/exit-statuses.md.
#pragma once

#include "support/error.h"

namespace pysnap::launcher {

enum class ExitStatus {
  kLacking = 1,    // `pysnap doctor` has found what keeps pysnap from working, or some programs
                   // of `pysnap prewarm` have no image
  kUsage = 2,      // a wrong option or argument
  kInput = 3,      // an interpreter, module or image is not what it must be
  kRefused = 4,    // the interpreter is in a state that cannot be frozen
  kFailed = 5,     // the operating system said no
  kInternal = 70,  // a promise of ours was broken (sysexits.h, EX_SOFTWARE)
};

inline ExitStatus exit_status_of(support::ErrorKind kind) {
  switch (kind) {
    case support::ErrorKind::kUsage:
      return ExitStatus::kUsage;
    case support::ErrorKind::kInput:
      return ExitStatus::kInput;
    case support::ErrorKind::kRefused:
      return ExitStatus::kRefused;
    case support::ErrorKind::kFailed:
      return ExitStatus::kFailed;
    case support::ErrorKind::kInternal:
      return ExitStatus::kInternal;
  }
  return ExitStatus::kInternal;
}

}  // namespace pysnap::launcher
