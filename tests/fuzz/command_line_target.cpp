// Any words as a command line of pysnap-run, of an image and of an interpreter, and any text as
// --python-options. First byte: the role; then one word a line.
#include <algorithm>
#include <memory>

#include "fuzz/expect.h"
#include "launcher/python_options.h"
#include "restore/fitness.h"
#include "restore/launch_options.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using restore::OptionsResult;

// A process's words, each in memory of its own, and the vector of them.
class CommandLine {
 public:
  explicit CommandLine(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    pointers_.push_back(nullptr);
  }
  char** words() { return pointers_.data(); }
  size_t count() const { return words_.size(); }
  bool has_place(const char* const* place) {
    return place >= words() && place <= words() + count();
  }
  bool has_word(const char* text) const {
    return text == nullptr || std::any_of(words_.begin(), words_.end(), [text](const auto& word) {
             return text >= word.get() &&
                    text <= word.get() + std::char_traits<char>::length(word.get());
           });
  }

 private:
  void add(std::string_view word) {
    word = word.substr(0, word.find('\0'));
    words_.emplace_back(new char[word.size() + 1]);
    *std::copy(word.begin(), word.end(), words_.back().get()) = 0;
    pointers_.push_back(words_.back().get());
  }
  std::vector<std::unique_ptr<char[]>> words_;
  std::vector<char*> pointers_;
};

elf_writer::Metadata& sample_block(bool has_program) {
  static elf_writer::Metadata plain = sealed_metadata();
  static elf_writer::Metadata own = [] {
    elf_writer::ImageContents contents = sample_contents();
    contents.program = "/program.py";
    contents.program_kind = static_cast<uint32_t>(format::ProgramKind::kScript);
    return sealed_metadata(sample_snapshot(), contents);
  }();
  return has_program ? own : plain;
}

void expect_own_words(CommandLine& line, const restore::LaunchOptions& options) {
  expect(line.has_place(options.python_arguments), "Python's words are words of the line");
  expect(line.has_word(options.image), "the image is a word of the line");
  if (options.reason != nullptr) return;
  expect(line.has_place(options.command.arguments), "the arguments are words of the line");
  expect(line.has_word(options.command.program), "the program is a word of the line");
  const bool needs_program = options.command.kind != format::ProgramKind::kStandardInput;
  expect(!needs_program || options.command.program != nullptr, "a program has a name");
}

void read_as_process(CommandLine& line, uint8_t choice) {
  restore::LaunchOptions options;
  options.role = static_cast<restore::Role>(choice % 3);
  options.link = options.role == restore::Role::kInterpreter ? "/usr/bin/python3" : nullptr;
  char variable[] = "PYTHONHASHSEED=1";
  char* environment[] = {variable, nullptr};
  bare::AuxiliaryEntry auxiliary[] = {{0, 0}};
  const bare::ProcessStart start = {static_cast<long>(line.count()), line.words(), environment,
                                    auxiliary};
  const OptionsResult result = restore::parse_options(start, options);
  if (result == OptionsResult::kWrong || result == OptionsResult::kPlainPython)
    expect(options.reason != nullptr, "a refusal has its sentence");
  if (result == OptionsResult::kWrong || result == OptionsResult::kHosted) return;
  expect_own_words(line, options);

  const format::ImageView view(sample_block((choice & 4) != 0).bytes().data());
  restore::why_not_options(view, options, environment);
  if (restore::takes_own_program(view.header(), options)) {
    restore::use_own_program(view, start, options);
    expect(options.reason == nullptr && options.python_arguments[0] != nullptr,
           "an image's own program runs whatever the words are");
  }
}

// Options an image may have are options, and nothing else.
void read_as_identity(const std::string& text) {
  const auto words = launcher::read_identity_options(text);
  if (!words) return expect(!words.error().sentence.empty(), "each refusal has a sentence");
  expect(words->size() <= format::kMostIdentityWords, "an image has room for the words");
  std::vector<const char*> pointers;
  for (const std::string& word : *words) pointers.push_back(word.c_str());
  pointers.push_back(nullptr);
  const format::PythonCommand command = format::read_python_command(pointers.data());
  expect(command.reason == nullptr && command.program == nullptr, "identity options are options");
  expect(format::same_start(pointers.data(), pointers.data()), "a start is the same as itself");
}

}  // namespace
}  // namespace pysnap::tests

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pysnap::tests;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  CommandLine line(text);
  read_as_process(line, data[0]);
  read_as_identity(text);
  return 0;
}
