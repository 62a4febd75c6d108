#include "restore/give_way.h"

#include "bare/system_call.h"
#include "restore/interpreter_name.h"
#include "restore/learn.h"

namespace pysnap::restore {
namespace {

constexpr long kMostArguments = 1 << 16;

char** argument_vector() {
  static char* vector[kMostArguments];
  return vector;
}

bare::SystemResult execute(const char* path, char** arguments, char** environment) {
  return bare::system_call(SYS_execve, bare::as_word(path), bare::as_word(arguments),
                           bare::as_word(environment));
}

}  // namespace

void explain_plain_python(const LaunchOptions& options, const char* reason) {
  if (options.explain == Explain::kYes)
    bare::Message().add("pysnap-run: plain Python runs instead of the image: ").add(reason).print();
}

char** interpreter_arguments(const LaunchOptions& options, const format::ImageView* image) {
  char** vector = argument_vector();
  long count = 1;
  if (image != nullptr && options.has_own_program) {
    for (const format::Text& option : image->options())
      vector[count++] = const_cast<char*>(image->string(option.text));
  }
  for (char** argument = options.python_arguments;
       *argument != nullptr && count < kMostArguments - 1; ++argument)
    vector[count++] = *argument;
  vector[count] = nullptr;
  return vector;
}

[[noreturn]] void fail(bare::Message& sentence) {
  sentence.print();
  bare::exit_process(kLauncherFailed);
}

int execute_interpreter(const char* interpreter, const LaunchOptions& options,
                        const format::ImageView* image, char** environment) {
  char** arguments = interpreter_arguments(options, image);
  arguments[0] = const_cast<char*>(interpreter);
  return execute(interpreter, arguments, environment).error();
}

[[noreturn]] void run_plain_python(const format::ImageView& image, const LaunchOptions& options,
                                   const bare::ProcessStart& start, const char* reason) {
  // The builder wants a process of the image and nothing else.
  if ((options.request_flags & (format::kFreezesAgain | format::kReportsSlide)) != 0) {
    bare::Message sentence;
    sentence.add("pysnap-run: the image ").add(options.image).add(" cannot be launched: ");
    fail(sentence.add(reason));
  }
  const char* interpreter = image.string(image.header().interpreter);
  explain_plain_python(options, reason);
  const int error = execute_interpreter(interpreter, options, &image, start.environment);
  if (options.role == Role::kInterpreter)
    run_next_interpreter(options, start, "the image's interpreter is gone");
  bare::Message sentence;
  sentence.add("pysnap-run: ").add(interpreter).add(" cannot be run (errno ");
  fail(sentence.add_number(error).add("); rebuild the image with an interpreter that exists"));
}

[[noreturn]] void run_next_interpreter(const LaunchOptions& options,
                                       const bare::ProcessStart& start, const char* reason) {
  explain_plain_python(options, reason);
  execute_next_interpreter(options.link, interpreter_arguments(options, nullptr),
                           start.environment);
  bare::Message sentence;
  fail(sentence.add("pysnap-run: ")
           .add(options.link)
           .add(" has no image that can be used (")
           .add(reason)
           .add("), and PATH has no other interpreter of that name; build an image, or install "
                "the interpreter"));
}

[[noreturn]] void run_hosted(const bare::ProcessStart& start) {
  bare::Path pysnap;
  bare::Message sentence;
  if (!find_builder(pysnap))
    fail(sentence.add("pysnap-run: /proc/self/exe cannot be read; use `pysnap run-help`"));
  const char* path = pysnap.text();
  char run_help[] = "run-help";
  char* arguments[] = {const_cast<char*>(path), run_help, nullptr};
  const char* first = start.argument_count > 1 ? start.arguments[1] : "";
  char version[] = "--version";
  if (bare::equal(first, version)) arguments[1] = version;
  execute(path, arguments, start.environment);
  fail(sentence.add("pysnap-run: ").add(path).add(" cannot be run; install pysnap completely"));
}

}  // namespace pysnap::restore
