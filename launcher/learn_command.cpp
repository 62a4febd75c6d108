#include "launcher/learn_command.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "format/learning.h"
#include "launcher/build_command.h"
#include "launcher/image_cache.h"
#include "launcher/python_options.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using format::Note;
using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

struct Notes {
  bool builds_now = false;
  std::string directory;
  std::string reason;
  std::string working_directory;
  std::string interpreter;
  std::vector<std::string> words;
  std::vector<std::string> modules;
};

Result<Notes> read_notes() {
  const Result<std::string> text = support::read_text("/dev/stdin");
  if (!text) return support::fail(text.error());
  Notes notes;
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = text->find('\0', begin);
    if (end == std::string::npos || end == begin) break;
    const std::string value = text->substr(begin + 1, end - begin - 1);
    switch (static_cast<Note>((*text)[begin])) {
      case Note::kHow:
        notes.builds_now = value.starts_with(format::kBuildsNow);
        break;
      case Note::kDirectory:
        notes.directory = value;
        break;
      case Note::kReason:
        notes.reason = value;
        break;
      case Note::kWorkingDirectory:
        notes.working_directory = value;
        break;
      case Note::kInterpreter:
        notes.interpreter = value;
        break;
      case Note::kWord:
        notes.words.push_back(value);
        break;
      case Note::kModule:
        notes.modules.push_back(value);
        break;
    }
    begin = end + 1;
  }
  if (notes.directory.empty() || notes.interpreter.empty()) {
    return support::fail(
        Error::because(ErrorKind::kUsage,
                       "`pysnap learn` is started when a program ends that pysnap-run has started "
                       "without an image; there is nothing to learn here"));
  }
  return notes;
}

// Behind everything else the machine does.
void step_back() {
  constexpr int kOfProcess = 1;   // IOPRIO_WHO_PROCESS
  constexpr int kIdle = 3 << 13;  // IOPRIO_CLASS_IDLE
  constexpr int kNiceness = 10;
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  ::syscall(SYS_ioprio_set, kOfProcess, 0, kIdle);
}

std::string command_line(const Notes& notes) {
  std::string text;
  for (const std::string& word : notes.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// What cannot be frozen is left out, with all that imports it; a boot for each finding.
Status build_with_what_can_be_frozen(BuildOptions options) {
  constexpr int kMostBoots = 8;
  Status built = build(options);
  for (int boots = 1; boots < kMostBoots && !built && !built.error().blamed.empty(); ++boots) {
    const size_t before = options.learned.size();
    for (const std::string& module : built.error().blamed) {
      std::erase(options.learned, module);
      options.left_out.push_back(module);
    }
    if (options.learned.size() == before) break;
    built = build(options);
  }
  return built;
}

Status build_image(const Notes& notes) {
  const Result<std::vector<std::string>> words = identity_options_of(notes.words);
  if (!words) return support::fail(words.error());
  BuildOptions options;
  options.python = notes.interpreter;
  options.python_words = *words;
  options.learned = notes.modules;
  options.output = notes.directory + "/built";
  options.is_quiet = true;
  if (const Status built = build_with_what_can_be_frozen(options); !built) return built;
  return publish_variant(notes.directory, options.output);
}

}  // namespace

Status learn() {
  const Result<Notes> notes = read_notes();
  if (!notes) return support::fail(notes.error());
  ::close_range(3, ~0U, 0);
  ::umask(077);
  if (!notes->builds_now) step_back();
  if (::chdir(notes->working_directory.c_str()) != 0 && ::chdir("/") != 0)
    return support::fail(Error::from_errno("the working directory cannot be entered"));

  if (const Status made = make_program_directory(notes->directory); !made) return made;
  const Result<std::optional<support::File>> lock =
      lock_program(notes->directory, notes->builds_now ? IfLocked::kWait : IfLocked::kGiveUp);
  if (!lock) return support::fail(lock.error());
  if (!lock->has_value()) return {};  // another run's build is under way
  remove_unfinished(notes->directory);
  static_cast<void>(write_about(notes->directory, {command_line(*notes), notes->interpreter,
                                                   notes->working_directory, notes->reason}));
  if (const Status built = build_image(*notes); !built) {
    note_failure(notes->directory, built.error().sentence);
    return built;
  }
  forget_failure(notes->directory);
  const Result<uint64_t> limit = cache_limit();
  if (!limit) return support::fail(limit.error());
  const auto pruned = prune_cache(*limit);
  return pruned ? Status() : support::fail(pruned.error());
}

}  // namespace pysnap::launcher
