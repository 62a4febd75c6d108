#include "launcher/python_options.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "format/python_options.h"

namespace pysnap::launcher {
namespace {

using format::OptionScanner;
using format::PythonOption;
using support::Error;
using support::ErrorKind;
using support::Result;

tl::unexpected<Error> refuse(const std::string& why) {
  return support::fail(Error::because(ErrorKind::kUsage, why));
}

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> result;
  for (const std::string& word : words) result.push_back(word.c_str());
  result.push_back(nullptr);
  return result;
}

// Implementation options whose effect is a report about one process from its first moment, or a
// file named after its pid.
bool belongs_to_one_process(std::string_view value) {
  constexpr std::string_view kNames[] = {"importtime", "showrefcount", "tracemalloc",
                                         "perf",       "perf_jit",     "presite"};
  const std::string_view name = value.substr(0, value.find('='));
  for (const std::string_view known : kNames) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> read_identity_options(const std::string& text) {
  std::vector<std::string> words = CLI::detail::split_up(text);
  std::erase(words, "");
  if (words.size() > format::kMostIdentityWords)
    return refuse(fmt::format("an image can have {} words of options of Python and not {}",
                              format::kMostIdentityWords, words.size()));
  const std::vector<const char*> arguments = pointers(words);
  OptionScanner scanner(arguments.data());
  for (;;) {
    const PythonOption option = scanner.next();
    if (option.letter == PythonOption::kEnd) break;
    if (option.letter == 'X' && belongs_to_one_process(option.value))
      return refuse(fmt::format(
          "-X {} reports on one process from its start and cannot be frozen; leave it out of "
          "--python-options and give it to the launch, which runs plain Python",
          option.value));
    if (format::contains_letter("WX", option.letter) || option.letter == PythonOption::kHashCheck ||
        format::contains_letter(format::kIdentityOptions, option.letter))
      continue;
    if (format::contains_letter(format::kServedOptions, option.letter))
      return refuse(
          fmt::format("every image serves -{}; give it to the launch and leave it out of "
                      "--python-options",
                      option.letter));
    return refuse(
        fmt::format("\"{}\" is more than options of Python's start-up; give the rest to "
                    "the launch",
                    text));
  }
  if (*scanner.rest() != nullptr || (!words.empty() && words.back() == "--"))
    return refuse(fmt::format("\"{}\" is no option of Python; --python-options takes options only",
                              words.back()));
  return words;
}

Result<std::vector<std::string>> identity_options_of(const std::vector<std::string>& command_line) {
  const std::vector<const char*> arguments = pointers(command_line);
  OptionScanner scanner(arguments.data());
  std::vector<std::string> words;
  for (;;) {
    const PythonOption option = scanner.next();
    const bool is_hash_check = option.letter == PythonOption::kHashCheck;
    if (option.letter == PythonOption::kEnd || format::contains_letter("cm", option.letter)) break;
    if (option.letter == 'X' && belongs_to_one_process(option.value))
      return refuse(fmt::format("-X {} reports on one process from its start", option.value));
    if (is_hash_check) words.push_back("--check-hash-based-pycs");
    if (format::contains_letter("WX", option.letter) ||
        format::contains_letter(format::kIdentityOptions, option.letter))
      words.push_back(fmt::format("-{}", option.letter));
    else if (!is_hash_check && !format::contains_letter(format::kServedOptions, option.letter))
      return refuse(fmt::format("-{} is nothing an image can have", option.letter));
    if (option.value != nullptr) words.push_back(option.value);
  }
  return words;
}

bool ignores_environment(const std::vector<std::string>& options) {
  const std::vector<const char*> arguments = pointers(options);
  return format::read_python_command(arguments.data()).ignores_environment;
}

}  // namespace pysnap::launcher
