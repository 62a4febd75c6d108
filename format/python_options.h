// The command line of CPython: what stands before the program, and the program.
//
// The builder and the restorer read it with the same code, so that both mean the same by "the
// options an image was built with". It follows _PyOS_GetOpt() of Python/getopt.c and
// config_parse_cmdline() of Python/initconfig.c, 3.10 to 3.13. What differs between the versions
// (-P, the --help-... family) never runs from an image unless the interpreter itself took it when
// the image was built.
//
// docs/python-options.md says what each option does to a launch; three classes exist:
//   served    -B -q -R -t -u -x: a launch applies them, whatever the image is
//   identity  -b -d -E -I -O -P -s -S -W -X --check-hash-based-pycs: they decide how the
//   interpreter
//             starts, so a launch must have exactly those that the image was built with
//   CPython's everything else: help, version, -i, -v, and mistakes
#pragma once

#include <cstdint>

#include "format/agent_contract.h"

namespace pysnap::format {

inline constexpr const char* kServedOptions = "BqRtux";
inline constexpr const char* kIdentityOptions = "bdEIOPsS";  // beside -W, -X and the long one
inline constexpr uint32_t kMostIdentityWords = 64;

inline bool equal_text(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

inline bool contains_letter(const char* letters, char letter) {
  for (; *letters != 0; ++letters) {
    if (*letters == letter) return true;
  }
  return false;
}

// One option; `letter` also names what has no letter of its own.
struct PythonOption {
  static constexpr char kEnd = 0;          // the program follows, or nothing
  static constexpr char kOther = '_';      // wrong, or a long option that CPython answers itself
  static constexpr char kHashCheck = 'H';  // --check-hash-based-pycs
  char letter;
  const char* value;  // of -c, -m, -W, -X and kHashCheck, else nullptr
};

// Walks over words as _PyOS_GetOpt() does; `rest()` is what it has not used.
class OptionScanner {
 public:
  explicit OptionScanner(const char* const* words) : words_(words) {}

  PythonOption next() {
    if (*letters_ == 0) {
      const char* word = *words_;
      if (word == nullptr || word[0] != '-' || word[1] == 0) return {PythonOption::kEnd, nullptr};
      ++words_;
      if (equal_text(word, "--")) return {PythonOption::kEnd, nullptr};
      if (equal_text(word, "--help")) return {'h', nullptr};
      if (equal_text(word, "--version")) return {'V', nullptr};
      letters_ = word + 1;
    }
    const char letter = *letters_++;
    if (letter == '-') return long_option();
    if (!contains_letter("cmWX", letter)) return {letter, nullptr};
    const char* attached = letters_;
    letters_ = "";
    if (*attached != 0) return {letter, attached};
    return with_next_word(letter);
  }

  const char* const* rest() const { return words_; }

 private:
  PythonOption long_option() {
    const bool known = equal_text(letters_, "check-hash-based-pycs");
    letters_ = "";
    if (!known) return {PythonOption::kOther, nullptr};
    return with_next_word(PythonOption::kHashCheck);
  }
  PythonOption with_next_word(char letter) {
    if (*words_ == nullptr) return {PythonOption::kOther, nullptr};
    return {letter, *words_++};
  }

  const char* const* words_;
  const char* letters_ = "";
};

// What a command line asks CPython for.
struct PythonCommand {
  // Set: only CPython itself can do it, and this says why.
  const char* reason = nullptr;

  // Served options.
  uint32_t quiet = 0;
  bool unbuffered = false;
  bool dont_write_bytecode = false;
  bool skip_first_line = false;
  bool random_hashes = false;

  // Identity options; -W and -X in their order are compared word by word (same_start()).
  bool has_identity = false;
  bool ignores_environment = false;  // -E, -I
  uint16_t counts[sizeof "bdEIOPsS"] = {};
  const char* hash_check = nullptr;

  // The program. Nothing: standard input, with `program` a null pointer.
  ProgramKind kind = ProgramKind::kStandardInput;
  const char* program = nullptr;
  const char* const* arguments = nullptr;
};

namespace detail {

// False: the option ends the list, or only CPython can obey it.
inline bool take_option(const PythonOption& option, PythonCommand& command) {
  switch (option.letter) {
    case PythonOption::kEnd:
      return false;
    case 'c':
    case 'm':
      command.kind = option.letter == 'c' ? ProgramKind::kCommand : ProgramKind::kModule;
      command.program = option.value;
      return false;
    case 'i':
      command.reason = "an interactive session (-i)";
      return false;
    case 'v':
      command.reason = "-v reports the interpreter's own start";
      return false;
    case 'u':
      command.unbuffered = true;
      return true;
    case 'B':
      command.dont_write_bytecode = true;
      return true;
    case 'q':
      ++command.quiet;
      return true;
    case 'x':
      command.skip_first_line = true;
      return true;
    case 'R':
      command.random_hashes = true;
      return true;
    case 't':  // means nothing since Python 3.0
      return true;
    case 'W':
    case 'X':
      command.has_identity = true;
      return true;
    case PythonOption::kHashCheck:
      command.has_identity = true;
      command.hash_check = option.value;
      return true;
  }
  for (uint32_t i = 0; kIdentityOptions[i] != 0; ++i) {
    if (kIdentityOptions[i] != option.letter) continue;
    command.has_identity = true;
    if (option.letter == 'E' || option.letter == 'I') command.ignores_environment = true;
    ++command.counts[i];
    return true;
  }
  command.reason = "an option that CPython answers itself";
  return false;
}

// The next -W or -X.
inline PythonOption next_of(OptionScanner& scanner, char letter) {
  for (;;) {
    const PythonOption option = scanner.next();
    const bool ends = option.letter == PythonOption::kEnd || option.letter == 'c' ||
                      option.letter == 'm' || option.letter == PythonOption::kOther;
    if (ends) return {PythonOption::kEnd, nullptr};
    if (option.letter == letter) return option;
  }
}

inline bool same_values(const char* const* a, const char* const* b, char letter) {
  OptionScanner first(a);
  OptionScanner second(b);
  for (;;) {
    const PythonOption one = next_of(first, letter);
    const PythonOption other = next_of(second, letter);
    if (one.value == nullptr || other.value == nullptr) return one.value == other.value;
    if (!equal_text(one.value, other.value)) return false;
  }
}

}  // namespace detail

// `words`: null-terminated, without the name of the interpreter.
inline PythonCommand read_python_command(const char* const* words) {
  PythonCommand command;
  OptionScanner scanner(words);
  while (detail::take_option(scanner.next(), command)) {
  }
  const char* const* rest = scanner.rest();
  command.arguments = rest;
  if (command.reason != nullptr || command.program != nullptr || *rest == nullptr) return command;
  command.program = *rest;
  command.arguments = rest + 1;
  if (!equal_text(*rest, "-")) command.kind = ProgramKind::kScript;
  return command;
}

// Whether an interpreter starts the same way with the options of both command lines.
inline bool same_start(const char* const* a, const char* const* b) {
  const PythonCommand first = read_python_command(a);
  const PythonCommand second = read_python_command(b);
  for (uint32_t i = 0; kIdentityOptions[i] != 0; ++i) {
    if (first.counts[i] != second.counts[i]) return false;
  }
  const bool both_check = first.hash_check != nullptr && second.hash_check != nullptr;
  const bool same_check = both_check ? equal_text(first.hash_check, second.hash_check)
                                     : first.hash_check == second.hash_check;
  return same_check && detail::same_values(a, b, 'W') && detail::same_values(a, b, 'X');
}

}  // namespace pysnap::format
