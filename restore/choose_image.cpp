#include "restore/choose_image.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bare/system_call.h"
#include "bare/text.h"
#include "restore/give_way.h"
#include "restore/image_cache.h"
#include "restore/interpreter_name.h"
#include "restore/learn.h"
#include "restore/prewarmed.h"
#include "restore/trust.h"

namespace pysnap::restore {
namespace {

// What messages call the image.
const char* shown_name(const LaunchOptions& options, const bare::ProcessStart& start) {
  return options.role == Role::kImage
             ? reinterpret_cast<const char*>(start.auxiliary_value(AT_EXECFN))
             : options.image;
}

bool input_is_terminal() {
  constexpr long kGetSettings = 0x5401;  // TCGETS, ioctl_tty(2)
  char settings[64];
  return !bare::system_call(SYS_ioctl, 0, kGetSettings, bare::as_word(settings)).failed();
}

// CPython's start fails on those, in its own words.
bool has_directory_as_stream() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    struct stat status;
    if (!bare::system_call(SYS_fstat, descriptor, bare::as_word(&status)).failed() &&
        S_ISDIR(status.st_mode))
      return true;
  }
  return false;
}

// Why no image can serve this launch, or nullptr.
const char* why_no_image(const LaunchOptions& options, const bare::ProcessStart& start) {
  if (options.wants_plain_python) return "that was asked for";
  if (options.reason != nullptr) return options.reason;
  if (options.command.kind == format::ProgramKind::kStandardInput && input_is_terminal())
    return "an interactive session";
  if (has_directory_as_stream()) return "a standard stream is a directory";
  return why_no_image_is_trusted(start);
}

OpenImage choose_named_image(LaunchOptions& options, const bare::ProcessStart& start,
                             OpenFiles& files) {
  const OpenImage image =
      options.role == Role::kImage ? open_executed_image() : open_image(options.image);
  if (image.reason != nullptr) reject(options, start, image.reason, image.error);
  if (takes_own_program(image.view().header(), options))
    use_own_program(image.view(), start, options);
  const format::ImageView view = image.view();
  if (options.role == Role::kInterpreter) {
    const char* stranger = why_not_for_link(options.link, view);
    if (stranger != nullptr) run_next_interpreter(options, start, stranger);
  }
  const char* reason = why_no_image(options, start);
  if (reason == nullptr && !options.has_own_program)
    reason = why_not_options(view, options, start.environment);
  if (reason != nullptr) run_plain_python(view, options, start, reason);

  bare::Message explanation;
  const Surroundings surroundings =
      options.anywhere ? Surroundings::kIgnored : Surroundings::kCompared;
  const Fitness fitness = check_fitness(view, start, surroundings, files, explanation);
  if (fitness != Fitness::kFits) run_plain_python(view, options, start, explanation.text());
  return image;
}

void close_image(const OpenImage& image, const OpenFiles& files, uint32_t opened) {
  for (uint32_t i = 0; i < opened && i < kMostFiles; ++i) {
    if (files.descriptors[i] >= 0) bare::close(files.descriptors[i]);
  }
  if (image.descriptor >= 0) bare::close(image.descriptor);
}

// Whether an image of the cache serves this launch; else it is closed and `explanation` says why
// not.
bool serves(const OpenImage& image, const LaunchOptions& options, const bare::ProcessStart& start,
            OpenFiles& files, bare::Message& explanation) {
  explanation = {};
  const uint32_t count = image.reason == nullptr ? image.view().files().count : 0;
  for (uint32_t i = 0; i < count && i < kMostFiles; ++i) files.descriptors[i] = -1;
  const char* reason = image.reason;
  if (reason == nullptr) reason = why_not_options(image.view(), options, start.environment);
  if (reason == nullptr && check_fitness(image.view(), start, Surroundings::kCompared, files,
                                         explanation) == Fitness::kFits)
    return true;
  if (reason != nullptr) explanation.add(reason);
  close_image(image, files, count);
  return false;
}

// What --explain says about images that were made in advance: which one is used, or why not.
void explain_prewarmed(const LaunchOptions& options, CachedProgram& program, const char* reason) {
  if (options.explain != Explain::kYes) return;
  bare::Message text;
  text.add("pysnap-run: the prewarmed image ").add(program.path());
  if (*program.image_name() != 0) text.add("/").add(program.image_name());
  text.add(reason == nullptr ? " is used" : " is not used: ");
  text.add(reason == nullptr ? "" : reason).print();
}

// An image that was made in advance. Such a launch learns nothing: what it could learn would not be
// used by the next one.
bool find_prewarmed_image(const LaunchOptions& options, const bare::ProcessStart& start,
                          OpenFiles& files, const char* python, OpenImage& image) {
  PrewarmedPlaces places(start.environment, options, python);
  while (const char* place = places.next()) {
    CachedProgram program(place, places.key());
    bool found = false;
    while (!found && program.next_image(image)) {
      bare::Message explanation;
      const bool stranger =
          image.reason == nullptr &&
          !is_same_interpreter(image.view().string(image.view().header().interpreter), python);
      if (stranger) {
        explanation.add("it was made from another interpreter than ").add(python);
        close_image(image, files, 0);
      } else {
        found = serves(image, options, start, files, explanation);
      }
      explain_prewarmed(options, program, found ? nullptr : explanation.text());
    }
    if (program.distrust() != nullptr) explain_prewarmed(options, program, program.distrust());
    program.close();
    if (found) return true;
  }
  return false;
}

[[noreturn]] void run_interpreter(const char* interpreter, const LaunchOptions& options,
                                  const bare::ProcessStart& start, const char* reason) {
  explain_plain_python(options, reason);
  const int error = execute_interpreter(interpreter, options, nullptr, start.environment);
  bare::Message sentence;
  sentence.add("pysnap-run: ").add(interpreter).add(" cannot be run (errno ");
  fail(sentence.add_number(error).add("); install Python, or repair PATH"));
}

// The launch makes the image again when it has imported more.
void improve(CachedProgram& program, LaunchOptions& options) {
  if (!find_builder(options.builder)) return;
  options.program_directory.add(program.path());
  options.improvement.directory = options.program_directory.text();
  options.improvement.interpreter = options.interpreter.text();
  options.improvement.builder = options.builder.text();
  options.improvement.builds_now = options.builds_now ? 1 : 0;
}

// The interpreter whose programs the cache knows.
void find_interpreter(LaunchOptions& options, const bare::ProcessStart& start) {
  if (options.role == Role::kInterpreter) {
    const char* reason = why_no_cache_for_link(options.link, options.command, start.environment,
                                               options.interpreter);
    if (reason != nullptr) run_next_interpreter(options, start, reason);
  } else if (!find_default_interpreter(start.environment, options.interpreter)) {
    bare::Message sentence;
    fail(
        sentence.add("pysnap-run: there is no python3 on PATH; install Python, activate a "
                     "virtual environment, or name an image with --image"));
  }
}

OpenImage choose_cached_image(LaunchOptions& options, const bare::ProcessStart& start,
                              OpenFiles& files) {
  find_interpreter(options, start);
  const char* python = options.interpreter.text();
  bare::Path cache;
  OpenImage image;
  const char* reason = why_no_image(options, start);
  if (reason == nullptr && find_prewarmed_image(options, start, files, python, image)) return image;
  if (reason == nullptr && !find_cache(start.environment, cache))
    reason = "there is no cache: neither PYSNAP_CACHE nor HOME is set";
  if (reason != nullptr) run_interpreter(python, options, start, reason);

  CachedProgram program(cache.text(), program_key(python, options));
  bare::Message explanation;
  explanation.add("there is no image of this program yet");
  while (program.next_image(image)) {
    if (!serves(image, options, start, files, explanation)) continue;
    const uint64_t hits = program.count_hit();
    program.close();
    const bool is_power_of_two = hits != 0 && (hits & (hits - 1)) == 0;
    if (options.builds_now || is_power_of_two) improve(program, options);
    return image;
  }
  if (program.distrust() != nullptr) {
    explanation = {};
    explanation.add("the cache ").add(program.path()).add(" is not used: ").add(program.distrust());
    run_interpreter(python, options, start, explanation.text());
  }
  if (!is_interpreter_itself(python))
    run_interpreter(python, options, start, "python3 on PATH is a wrapper, which decides itself");
  const Failure failure = options.builds_now ? Failure::kNone : program.failure();
  if (failure != Failure::kNone) program.explain_failure(explanation);
  if (failure != Failure::kPauses) {
    explain_plain_python(options, explanation.text());
    run_and_learn(python, options, start, program.path(), explanation.text());
  }
  run_interpreter(python, options, start, explanation.text());
}

}  // namespace

[[noreturn]] void reject(const LaunchOptions& options, const bare::ProcessStart& start,
                         const char* reason, int error) {
  bare::Message sentence;
  const bool interpreter = options.role == Role::kInterpreter;
  sentence.add(interpreter ? "the image " : "pysnap-run: the image ");
  sentence.add(shown_name(options, start)).add(" cannot be used: ").add(reason);
  if (error != 0) sentence.add(" (errno ").add_number(error).add(")");
  if (interpreter) run_next_interpreter(options, start, sentence.text());
  fail(sentence.add("; build it again with `pysnap build`"));
}

OpenImage choose_image(LaunchOptions& options, const bare::ProcessStart& start, OpenFiles& files) {
  const bool is_named = options.image != nullptr || options.role == Role::kImage;
  return is_named ? choose_named_image(options, start, files)
                  : choose_cached_image(options, start, files);
}

}  // namespace pysnap::restore
