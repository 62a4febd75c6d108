#include "launcher/prewarm_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "format/program_key.h"
#include "launcher/directory_trust.h"
#include "launcher/image_cache.h"
#include "launcher/learned_build.h"
#include "launcher/memory_budget.h"
#include "launcher/prewarm_report.h"
#include "launcher/progress.h"
#include "launcher/temporary_image.h"
#include "launcher/work_pool.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

Result<Configuration> configuration_of(const PrewarmOptions& options) {
  Result<Configuration> found = options.configuration.empty()
                                    ? find_configuration(options.directory)
                                    : read_configuration(options.configuration);
  if (!found) return found;
  if (found->file.empty()) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("there is no configuration in {} or above it; write a pysnap.toml with "
                    "[[programs]], or name one with --config",
                    options.directory)));
  }
  if (found->programs.empty()) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("{} names no programs; add a table [[programs]] for each", found->file)));
  }
  return found;
}

// Where launches would not take an image from, none is put.
Result<struct stat> examine_directory(const std::string& directory) {
  struct stat status;
  if (::stat(directory.c_str(), &status) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be examined", directory)));
  const DirectoryTrust trust = trust_in(status);
  std::string problem;
  if (!S_ISDIR(status.st_mode)) problem = "it is no directory";
  if (trust == DirectoryTrust::kOtherOwner) problem = "it belongs to another user";
  if (trust == DirectoryTrust::kOthersWrite) problem = "others can write it";
  if (problem.empty()) return status;
  return support::fail(Error::because(
      ErrorKind::kInput, fmt::format("launches would use no image in {}: {}; name another "
                                     "directory with --output",
                                     directory, problem)));
}

Result<PrewarmContext> prepare_context(const PrewarmOptions& options) {
  Result<Configuration> configuration = configuration_of(options);
  if (!configuration) return support::fail(configuration.error());
  const Result<Installation> installation = find_installation();
  if (!installation) return support::fail(installation.error());
  const std::filesystem::path project = std::filesystem::path(configuration->file).parent_path();
  std::error_code error;
  const std::filesystem::path wanted = options.output.empty()
                                           ? project / format::kPrewarmedDirectory
                                           : std::filesystem::absolute(options.output, error);
  if (::mkdir(wanted.c_str(), 0700) != 0 && errno != EEXIST)
    return support::fail(Error::from_errno(fmt::format("{} cannot be made", wanted.native())));
  const Result<struct stat> status = examine_directory(wanted);
  if (!status) return support::fail(status.error());
  if (::chdir(project.c_str()) != 0)
    return support::fail(Error::from_errno(fmt::format("{} cannot be entered", project.native())));
  constexpr mode_t kReaders = 0044;
  PrewarmContext context;
  context.configuration = std::move(*configuration);
  context.installation = *installation;
  context.directory = std::filesystem::canonical(wanted, error);
  context.sealing = options.sealing;
  context.readers = status->st_mode & kReaders;
  return context;
}

// What a run that was killed has left. Whoever holds the lock is alone; so nobody is at it.
void remove_unfinished_images(const std::string& directory) {
  std::error_code error;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory, error)) {
    const std::string path = file.path().lexically_relative(directory);
    const size_t mark = path.find(kTemporaryMark);
    if (mark != std::string::npos && is_image_path(path.substr(0, mark)))
      ::unlink(file.path().c_str());
  }
}

bool same_program(const ConfiguredProgram& one, const ConfiguredProgram& other) {
  return one.form == other.form && one.name == other.name && one.python == other.python &&
         one.python_options == other.python_options;
}

// For each program the first one that is the same but for its arguments.
std::vector<size_t> find_first_ones(const std::vector<ConfiguredProgram>& programs) {
  std::vector<size_t> first;
  for (const ConfiguredProgram& program : programs) {
    const auto found = std::find_if(
        programs.begin(), programs.end(),
        [&program](const ConfiguredProgram& other) { return same_program(program, other); });
    first.push_back(static_cast<size_t>(found - programs.begin()));
  }
  return first;
}

// From the size that an image of this name had.
uint64_t memory_needed(const PrewarmContext& context, const ConfiguredProgram& program) {
  uint64_t size = 0;
  for (const ManifestEntry& entry : context.known) {
    if (entry.form == name_of(program.form) && entry.name == program.name)
      size = std::max(size, entry.size);
  }
  return memory_of_build(size);
}

WorkLimits limits_of(const PrewarmOptions& options) {
  const size_t processors = std::max(1u, std::thread::hardware_concurrency());
  return {options.jobs == 0 ? processors : options.jobs, available_memory(), kMostBuildSeconds};
}

Result<std::vector<PrewarmedProgram>> prewarm_all(const PrewarmContext& context,
                                                  const WorkLimits& limits) {
  const std::vector<ConfiguredProgram>& programs = context.configuration.programs;
  const std::vector<size_t> first = find_first_ones(programs);
  std::vector<size_t> wanted;
  std::vector<uint64_t> needs;
  for (size_t i = 0; i < programs.size(); ++i) {
    if (first[i] != i) continue;
    wanted.push_back(i);
    needs.push_back(memory_needed(context, programs[i]));
  }
  std::vector<PrewarmedProgram> results(programs.size());
  Progress progress;
  size_t finished = 0;
  const auto show = [&] {
    progress.show(fmt::format("{} of {} programs", finished, wanted.size()));
  };
  show();
  const Status run = run_pieces(
      needs, limits,
      [&](size_t piece) { return to_text(prewarm_program(context, programs[wanted[piece]])); },
      [&](size_t piece, WorkAnswer answer) {
        PrewarmedProgram& result = results[wanted[piece]];
        if (answer) {
          result = program_from_text(*answer);
        } else {
          result.entry.form = name_of(programs[wanted[piece]].form);
          result.entry.name = programs[wanted[piece]].name;
          result.reason = answer.error().sentence;
        }
        ++finished;
        show();
      });
  if (!run) return support::fail(run.error());
  for (size_t i = 0; i < programs.size(); ++i) {
    if (first[i] != i) results[i] = results[first[i]];
    results[i].entry.arguments = programs[i].arguments;
  }
  return results;
}

// Two programs can have one image: an installed command, and its script. The last one was there
// last.
Status agree_on_shared_images(const PrewarmContext& context,
                              std::vector<PrewarmedProgram>& results) {
  for (PrewarmedProgram& result : results) {
    if (result.state == PrewarmState::kFailed) continue;
    const bool is_shared = std::count_if(results.begin(), results.end(), [&](const auto& other) {
                             return other.entry.image == result.entry.image;
                           }) > 1;
    if (!is_shared) continue;
    const Result<std::string> digest = file_digest(context.directory + "/" + result.entry.image);
    if (!digest) return support::fail(digest.error());
    result.entry.digest = *digest;
  }
  return {};
}

// What the manifest named so far and names no more. Also the image of a program that failed: an
// image that is out of date must not be trusted any longer.
std::vector<std::string> remove_others(const PrewarmContext& context,
                                       const std::vector<ManifestEntry>& entries) {
  std::set<std::string> wanted;
  for (const ManifestEntry& entry : entries) wanted.insert(entry.image);
  std::vector<std::string> removed;
  for (const ManifestEntry& entry : context.known) {
    const std::string path = context.directory + "/" + entry.image;
    if (wanted.contains(entry.image) || ::unlink(path.c_str()) != 0) continue;
    ::rmdir(std::filesystem::path(path).parent_path().c_str());
    removed.push_back(entry.image);
  }
  return removed;
}

}  // namespace

Result<Outcome> prewarm(const PrewarmOptions& options) {
  // 1. What is wanted, and where it goes.
  Result<PrewarmContext> context = prepare_context(options);
  if (!context) return support::fail(context.error());
  ::umask(077);
  const auto lock = lock_directory(context->directory, IfLocked::kWait);
  if (!lock) return support::fail(lock.error());
  remove_unfinished_images(context->directory);
  context->known = read_manifest(context->directory);

  // 2. An image for each program. *After it*: all that did not fail are complete and proven.
  Result<std::vector<PrewarmedProgram>> results = prewarm_all(*context, limits_of(options));
  if (!results) return support::fail(results.error());
  if (const Status agreed = agree_on_shared_images(*context, *results); !agreed)
    return support::fail(agreed.error());

  // 3. What is out of date goes, whatever happens then; the manifest names what is there.
  std::vector<ManifestEntry> entries;
  for (const PrewarmedProgram& result : *results) {
    if (result.state != PrewarmState::kFailed) entries.push_back(result.entry);
  }
  const std::vector<std::string> removed = remove_others(*context, entries);
  const Status written = write_manifest(context->directory, entries, 0600 | context->readers);
  if (!written) return support::fail(written.error());

  // 4. What has become of each.
  if (options.json)
    print_report_as_json(context->directory, *results, removed);
  else
    print_report(context->directory, *results, removed);
  return entries.size() == results->size() ? Outcome::kAll : Outcome::kSome;
}

}  // namespace pysnap::launcher
