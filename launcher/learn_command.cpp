#include "launcher/learn_command.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "format/learning.h"
#include "format/python_options.h"
#include "launcher/configured_build.h"
#include "launcher/image_cache.h"
#include "launcher/learned_build.h"
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

// What names the program; empty when it is of another kind.
std::string program_of(const Notes& notes, format::ProgramKind kind) {
  std::vector<const char*> words;
  for (const std::string& word : notes.words) words.push_back(word.c_str());
  words.push_back(nullptr);
  const format::PythonCommand command = format::read_python_command(words.data());
  return command.kind == kind && command.program != nullptr ? command.program : "";
}

// Absolute; empty when the program is no script, directory or archive.
std::string script_of(const Notes& notes) {
  const std::string script = program_of(notes, format::ProgramKind::kScript);
  return script.empty() ? "" : std::filesystem::path(notes.working_directory) / script;
}

// Where the search for a configuration begins.
std::string project_directory(const Notes& notes) {
  const std::string script = script_of(notes);
  if (script.empty()) return notes.working_directory;
  return std::filesystem::path(script).lexically_normal().parent_path();
}

// Images for other directories are other variants: the file, and how far up it lies.
std::string place_of(const Configuration& configuration) {
  if (configuration.file.empty()) return "";
  return fmt::format("{} {}", configuration.searched.size(), configuration.file);
}

Status build_image(const Notes& notes, const Configuration& configuration) {
  const Result<std::vector<std::string>> words = identity_options_of(notes.words);
  if (!words) return support::fail(words.error());
  BuildOptions options;
  options.python = notes.interpreter;
  options.python_words = *words;
  options.learned = notes.modules;
  options.output = notes.directory + "/built";
  options.is_quiet = true;
  options.refuses_output = true;
  const Result<BuildOptions> all = with_configuration(options, configuration);
  if (!all) return support::fail(all.error());
  options = *all;
  const bool is_script = !script_of(notes).empty();
  if (!is_script) options.configuration_files = relative_configuration_files(configuration);
  const Status built = build_learned(options, configuration, project_directory(notes));
  if (!built) return built;
  return publish_variant(notes.directory, options.output, is_script ? "" : place_of(configuration));
}

// A script whose name was mistyped is no program.
bool has_program(const Notes& notes) {
  const std::string script = script_of(notes);
  return script.empty() || ::access(script.c_str(), R_OK) == 0;
}

using Lock = std::optional<support::File>;

// One build of a program at a time, and in the background one of all: whoever starts a thousand
// programs does not start a thousand builds. Nothing: another one is under way.
Result<std::vector<Lock>> lock(const Notes& notes) {
  std::vector<Lock> locks;
  const IfLocked if_locked = notes.builds_now ? IfLocked::kWait : IfLocked::kGiveUp;
  std::vector<std::string> directories = {notes.directory};
  if (!notes.builds_now)
    directories.push_back(std::filesystem::path(notes.directory).parent_path().string());
  for (const std::string& directory : directories) {
    Result<Lock> held = lock_directory(directory, if_locked);
    if (!held) return support::fail(held.error());
    if (!held->has_value()) return std::vector<Lock>();
    locks.push_back(std::move(*held));
  }
  return locks;
}

// An import that waits for ever must not keep everybody else from building: the lock goes with this
// process. SIGALRM ends the patience at once.
void end_in_time(const std::string& directory) {
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
  std::thread([directory, alarm] {
    constexpr struct timespec kLimit = {kMostBuildSeconds, 0};
    while (::sigtimedwait(&alarm, nullptr, &kLimit) < 0 && errno == EINTR) {
    }
    note_failure(directory, "the build did not end within ten minutes", "");
    remove_unfinished(directory);
    ::_exit(1);  // the kernel ends what the build has started
  }).detach();
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

  if (!has_program(*notes)) return {};
  if (const Status made = make_program_directory(notes->directory); !made) return made;
  const Result<std::vector<Lock>> locks = lock(*notes);
  if (!locks) return support::fail(locks.error());
  if (locks->empty()) return {};
  remove_unfinished(notes->directory);
  end_in_time(notes->directory);
  static_cast<void>(write_about(
      notes->directory,
      {command_line(*notes), notes->interpreter, notes->working_directory, notes->reason,
       script_of(*notes), program_of(*notes, format::ProgramKind::kModule)}));
  const Result<Configuration> configuration = find_configuration(project_directory(*notes));
  if (!configuration) {
    note_mistake(notes->directory, configuration.error().sentence);
    return support::fail(configuration.error());
  }
  if (const Status built = build_image(*notes, *configuration); !built) {
    note_failure(notes->directory, built.error().sentence, configuration->file);
    return built;
  }
  forget_failure(notes->directory);
  const Result<uint64_t> limit = cache_limit();
  if (!limit) return support::fail(limit.error());
  const auto pruned = prune_cache(*limit);
  return pruned ? Status() : support::fail(pruned.error());
}

}  // namespace pysnap::launcher
