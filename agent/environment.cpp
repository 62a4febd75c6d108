#include "agent/environment.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

extern char** environ;

namespace pysnap::agent {
namespace {

// A variable that an import set. `overrides`: the import replaced a value that was there, so it
// does the same to a launch's value; otherwise it filled a gap (setdefault is the common form) and
// a launch that has its own value keeps it.
struct KeptVariable {
  const char* text;  // NAME=value
  bool overrides;
};

char** start_environment = nullptr;  // copies, wiped and freed at the freeze
KeptVariable* kept = nullptr;
int kept_count = 0;

int count_of(char** variables) {
  int count = 0;
  while (variables[count] != nullptr) ++count;
  return count;
}

size_t name_length(const char* variable) { return strcspn(variable, "="); }

char* find_name(char** variables, const char* like) {
  const size_t length = name_length(like);
  for (; *variables != nullptr; ++variables) {
    if (strncmp(*variables, like, length) == 0 && (*variables)[length] == '=') return *variables;
  }
  return nullptr;
}

void* checked(void* memory) {
  if (memory == nullptr) give_up("out of memory while the environment was copied");
  return memory;
}

void wipe(char* text) { explicit_bzero(text, strlen(text)); }

// A copy: the text may be about to be wiped.
void keep(const KeptVariable& variable) {
  const auto* text = static_cast<const char*>(checked(strdup(variable.text)));
  kept[kept_count++] = {text, variable.overrides};
}

const KeptVariable* find_kept(const char* like, int count) {
  const size_t length = name_length(like) + 1;
  for (int i = 0; i < count; ++i) {
    if (strncmp(kept[i].text, like, length) == 0) return &kept[i];
  }
  return nullptr;
}

}  // namespace

void note_start_environment() {
  const int count = count_of(environ);
  start_environment =
      static_cast<char**>(checked(calloc(static_cast<size_t>(count) + 1, sizeof(char*))));
  for (int i = 0; i < count; ++i)
    start_environment[i] = static_cast<char*>(checked(strdup(environ[i])));
}

void forget_environment() {
  const int count = count_of(environ);
  const KeptVariable* const earlier = kept;  // those of an image that this one is made from
  const int earlier_count = kept_count;
  kept = static_cast<KeptVariable*>(
      checked(calloc(static_cast<size_t>(count + earlier_count) + 1, sizeof(KeptVariable))));
  kept_count = 0;
  for (int i = 0; i < count; ++i) {
    const char* before = find_name(start_environment, environ[i]);
    if (before == nullptr || strcmp(before, environ[i]) != 0) keep({environ[i], before != nullptr});
  }
  const int changed_count = kept_count;
  for (int i = 0; i < earlier_count; ++i) {
    const bool is_there = find_name(environ, earlier[i].text) != nullptr;
    if (is_there && find_kept(earlier[i].text, changed_count) == nullptr) keep(earlier[i]);
  }
  for (int i = 0; i < count; ++i) wipe(environ[i]);
  for (char** copy = start_environment; *copy != nullptr; ++copy) {
    wipe(*copy);
    free(*copy);
  }
  free(start_environment);
  start_environment = nullptr;
  static char* empty[] = {nullptr};
  environ = empty;
}

void set_environment(char** launch_environment) {
  environ = launch_environment;
  if (kept_count == 0) return;
  const int count = count_of(launch_environment);
  char** merged = static_cast<char**>(
      checked(calloc(static_cast<size_t>(count + kept_count) + 1, sizeof(char*))));
  memcpy(merged, launch_environment, static_cast<size_t>(count) * sizeof(char*));
  int end = count;
  for (int i = 0; i < kept_count; ++i) {
    char* text = const_cast<char*>(kept[i].text);
    char* present = find_name(launch_environment, text);
    if (present == nullptr) {
      merged[end++] = text;
    } else if (kept[i].overrides) {
      for (int k = 0; k < count; ++k) {
        if (merged[k] == present) merged[k] = text;
      }
    }
  }
  environ = merged;
}

}  // namespace pysnap::agent
