#include "restore/fitness.h"

#include <elf.h>
#include <errno.h>
#include <sys/stat.h>

#include "bare/system_call.h"
#include "format/checksum.h"
#include "format/processor_x86_64.h"
#include "restore/dependencies.h"

namespace pysnap::restore {
namespace {

using format::File;
using format::FileRole;
using format::ImageView;
using format::VariableKind;

// CPython takes a variable of its own that is set to nothing for one that is not set (_Py_GetEnv()
// of Python/preconfig.c).
const char* meant_value(const char* name, const char* value) {
  const bool means_nothing = value != nullptr && *value == 0 && bare::starts_with(name, "PYTHON");
  return means_nothing ? nullptr : value;
}

// A value that may be a secret is not shown either.
void explain_variable(const char* name, const char* now, VariableKind kind, const char* then,
                      bare::Message& explanation) {
  const bool is_shown = kind != VariableKind::kDigest;
  explanation.add("the variable ").add(name).add(" is ");
  explanation.add(now == nullptr ? "not set"
                  : is_shown     ? now
                                 : "another")
      .add(", the image was built with ");
  explanation.add(!is_shown         ? "a value that it does not show"
                  : then == nullptr ? "it not set"
                                    : then);
}

bool directory_agrees(const ImageView& image, const format::EnvironmentKey& key,
                      bare::Message& explanation) {
  static char now[bare::kLongestPath];
  const char* then = image.string(key.value);
  if (!bare::system_call(SYS_getcwd, bare::as_word(now), sizeof now).failed() &&
      bare::equal(now, then))
    return true;
  explanation.add(image.string(key.name)).add(" looks at the working directory, which was ");
  explanation.add(then).add(" at the build");
  return false;
}

bool is_absent(const ImageView& image, const format::EnvironmentKey& key,
               bare::Message& explanation) {
  struct stat status;
  const char* name = image.string(key.value);
  if (bare::system_call(SYS_stat, bare::as_word(name), bare::as_word(&status)).failed())
    return true;
  explanation.add(image.string(key.name)).add(" looks in the working directory for ").add(name);
  explanation.add(", which was not there at the build");
  return false;
}

const char* value_now(const char* name, char** environment) {
  return meant_value(name, bare::environment_value(environment, name));
}

// `then`: what the variable was at the build, or nullptr.
bool value_agrees(const ImageView& image, const format::EnvironmentKey& key, const char* then,
                  char** environment, bare::Message& explanation) {
  const char* name = image.string(key.name);
  const char* now = value_now(name, environment);
  then = meant_value(name, then);
  const bool same = (now == nullptr || then == nullptr) ? now == then : bare::equal(now, then);
  if (!same) explain_variable(name, now, key.kind, then, explanation);
  return same;
}

bool digest_agrees(const ImageView& image, const format::EnvironmentKey& key, char** environment,
                   bare::Message& explanation) {
  const char* name = image.string(key.name);
  const char* now = value_now(name, environment);
  const bool same = now != nullptr && format::value_digest(name, now) == key.digest;
  if (!same) explain_variable(name, now, key.kind, nullptr, explanation);
  return same;
}

bool agrees(const ImageView& image, const format::EnvironmentKey& key, char** environment,
            bare::Message& explanation) {
  switch (key.kind) {
    case VariableKind::kUnset:
      return value_agrees(image, key, nullptr, environment, explanation);
    case VariableKind::kValue:
      return value_agrees(image, key, image.string(key.value), environment, explanation);
    case VariableKind::kDigest:
      return digest_agrees(image, key, environment, explanation);
    case VariableKind::kIgnored:
      return true;
    case VariableKind::kDirectory:
      return directory_agrees(image, key, explanation);
    case VariableKind::kAbsent:
      return is_absent(image, key, explanation);
  }
  return false;  // no image with another kind is opened
}

bool startup_agrees(const ImageView& image, char** environment, bare::Message& explanation) {
  for (const format::EnvironmentKey& key : image.environment()) {
    if (!agrees(image, key, environment, explanation)) return false;
  }
  return true;
}

// The vDSO of another kernel may be shorter than the captured one; what follows it is nothing of
// ours. mincore(2) answers for a range without touching it.
bool is_mapped(uint64_t address, uint64_t size) {
  constexpr uint64_t kMostPages = 64;
  unsigned char pages[kMostPages];
  if (size > kMostPages * format::kPageSize) return false;
  return !bare::system_call(SYS_mincore, static_cast<long>(address), static_cast<long>(size),
                            bare::as_word(pages))
              .failed();
}

bool kernel_agrees(const ImageView& image, const bare::ProcessStart& start) {
  const format::KernelPage& page = image.header().kernel_page;
  const uint64_t code = start.auxiliary_value(AT_SYSINFO_EHDR);
  if (page.code_size == 0 || code == 0) return page.code_size == code;
  return is_mapped(code, page.code_size) && format::checksum(reinterpret_cast<const void*>(code),
                                                             page.code_size) == page.code_checksum;
}

bool same_identity(const File& file, const struct stat& status) {
  return file.size == static_cast<uint64_t>(status.st_size) && file.inode == status.st_ino &&
         file.modified_seconds == status.st_mtim.tv_sec &&
         file.modified_nanoseconds == status.st_mtim.tv_nsec;
}

// Too many open files (RLIMIT_NOFILE, fs.file-max), or no memory: building again would not help.
bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

// A mapped file is opened and the opened one is examined: no window between check and use.
Fitness file_fitness(const ImageView& image, const File& file, int& descriptor,
                     bare::Message& explanation) {
  const char* path = image.string(file.path);
  struct stat status;
  bare::SystemResult result = {0};
  if (file.role == FileRole::kMapped) {
    result = bare::open_read_only(path);
    if (!result.failed()) {
      descriptor = static_cast<int>(result.raw);
      result = bare::system_call(SYS_fstat, descriptor, bare::as_word(&status));
    }
  } else {
    result = bare::system_call(SYS_stat, bare::as_word(path), bare::as_word(&status));
  }
  if (result.failed()) {
    explanation.add("the file ").add(path).add(" cannot be opened (errno ");
    explanation.add_number(result.error()).add("), the image was made from it");
    return is_shortage(result.error()) ? Fitness::kNoRoom : Fitness::kUnfit;
  }
  if (same_identity(file, status)) return Fitness::kFits;
  explanation.add("the file ").add(path).add(" has changed since the image was built");
  return Fitness::kUnfit;
}

// The words the image was built with, as an argument vector.
const char* const* option_words(const ImageView& image) {
  static const char* words[format::kMostIdentityWords + 1];
  const format::Records<format::Text> options = image.options();
  for (uint32_t i = 0; i < options.count; ++i) words[i] = image.string(options[i].text);
  words[options.count] = nullptr;
  return words;
}

}  // namespace

const char* why_not_options(const ImageView& image, const LaunchOptions& options,
                            char** environment) {
  // -R undoes a fixed PYTHONHASHSEED, and only that.
  const char* seed = bare::environment_value(environment, "PYTHONHASHSEED");
  if (options.command.random_hashes && seed != nullptr && *seed != 0)
    return "-R overrules the variable PYTHONHASHSEED";
  if (image.options().count == 0 && !options.command.has_identity) return nullptr;
  const bool same = format::same_start(options.python_arguments, option_words(image));
  return same ? nullptr : "the image was built with other options of Python";
}

bool ignores_environment(const ImageView& image) {
  return image.options().count != 0 &&
         format::read_python_command(option_words(image)).ignores_environment;
}

Fitness check_fitness(const ImageView& image, const bare::ProcessStart& start,
                      Surroundings surroundings, OpenFiles& files, bare::Message& explanation) {
  if (surroundings == Surroundings::kCompared &&
      !startup_agrees(image, start.environment, explanation))
    return Fitness::kOtherStartup;
  if (!format::equal(image.header().processor, format::this_processor())) {
    explanation.add("it was built for another processor");
    return Fitness::kUnfit;
  }
  if (!kernel_agrees(image, start)) {
    explanation.add("it was built under another kernel");
    return Fitness::kUnfit;
  }
  if (image.files().count > kMostFiles) {
    explanation.add("it maps more files than this program can open");
    return Fitness::kUnfit;
  }
  for (uint32_t i = 0; i < image.files().count; ++i) {
    files.descriptors[i] = -1;
    const Fitness fitness =
        file_fitness(image, image.files()[i], files.descriptors[i], explanation);
    if (fitness != Fitness::kFits) return fitness;
  }
  if (!dependencies_agree(image, explanation)) return Fitness::kUnfit;
  return Fitness::kFits;
}

}  // namespace pysnap::restore
