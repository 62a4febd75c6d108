#include "agent/learner/start_builder.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

namespace pysnap::learner {

void start_builder(const char* path, int input, char** environment, Ending ending) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (ending == Ending::kAtOnce) {
    flags |= POSIX_SPAWN_SETSID;
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, flags);
  char name[] = "pysnap";
  char learn[] = "learn";
  char* arguments[] = {name, learn, nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, path, &files, &attributes, arguments, environment);
  if (error == 0 && ending == Ending::kWaits) waitpid(child, nullptr, 0);
}

}  // namespace pysnap::learner
