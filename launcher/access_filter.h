// Has the kernel ask the builder before each access to files by name (seccomp_unotify(2)): the
// child installs a filter before it becomes another program, and sends the listener.
#pragma once

#include <optional>

#include "support/error.h"
#include "support/file.h"

namespace pysnap::launcher {

// Both ends of what the listener is sent over.
struct ListenerPath {
  support::File receiving;
  support::File sending;
};
support::Result<ListenerPath> make_listener_path();

// In the child, as the last step before execve(2): from here on each watched call waits for the
// builder. Where the kernel forbids it, the error is sent instead and the child goes on unwatched.
// Only async-signal-safe calls.
void install_access_filter(int sending);

// In the builder, once the child has become another program. An error says why there is none.
support::Result<support::File> receive_listener(const support::File& receiving);

}  // namespace pysnap::launcher
