#include "restore/launch_options.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/sample.h"

namespace pysnap::restore {
namespace {

using format::ProgramKind;

// A command line and what became of it.
struct Parsed {
  explicit Parsed(std::vector<std::string> words, Role role = Role::kLauncher,
                  const char* variable = nullptr)
      : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
    const bare::ProcessStart start = {static_cast<long>(words_.size()), pointers_.data(),
                                      environment_, nullptr};
    environment_[0] = const_cast<char*>(variable);
    options.role = role;
    result = parse_options(start, options);
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  static std::vector<std::string> list(const char* const* first) {
    std::vector<std::string> words;
    for (; *first != nullptr; ++first) words.emplace_back(*first);
    return words;
  }
  void use_image_program(const format::ImageView& view) {
    const bare::ProcessStart start = {static_cast<long>(words_.size()), pointers_.data(),
                                      environment_, nullptr};
    use_own_program(view, start, options);
  }
  std::vector<std::string> arguments() const { return list(options.command.arguments); }
  std::vector<std::string> python_arguments() const { return list(options.python_arguments); }

  OptionsResult result = OptionsResult::kWrong;
  LaunchOptions options;

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
  char* environment_[2] = {};
};

using Words = std::vector<std::string>;

TEST_CASE("a script is launched with what follows it") {
  const Parsed parsed({"pysnap-run", "--image", "a.image", "script.py", "-m", "--image", "x"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.image == std::string("a.image"));
  CHECK(parsed.options.command.kind == ProgramKind::kScript);
  CHECK(parsed.options.command.program == std::string("script.py"));
  CHECK(parsed.arguments() == Words{"-m", "--image", "x"});
  CHECK(parsed.python_arguments() == Words{"script.py", "-m", "--image", "x"});
}

TEST_CASE("the image can be joined to its option") {
  const Parsed parsed({"pysnap-run", "--image=a.image", "script.py"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.image == std::string("a.image"));
}

TEST_CASE("modules and commands may be joined to their option or follow it") {
  for (const Words& words : {Words{"-mjson.tool"}, Words{"-m", "json.tool"}}) {
    Words line = {"pysnap-run", "--image", "i"};
    line.insert(line.end(), words.begin(), words.end());
    line.push_back("rest");
    const Parsed parsed(line);
    REQUIRE(parsed.result == OptionsResult::kLaunch);
    CHECK(parsed.options.command.kind == ProgramKind::kModule);
    CHECK(parsed.options.command.program == std::string("json.tool"));
    CHECK(parsed.arguments() == Words{"rest"});
  }
  const Parsed command({"pysnap-run", "--image", "i", "-c", "pass", "-x"});
  REQUIRE(command.result == OptionsResult::kLaunch);
  CHECK(command.options.command.kind == ProgramKind::kCommand);
  CHECK(command.arguments() == Words{"-x"});
}

TEST_CASE("an empty command is a command") {
  const Parsed parsed({"pysnap-run", "--image", "i", "-c", ""});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.command.program == std::string());
}

TEST_CASE("a dash is standard input") {
  const Parsed parsed({"pysnap-run", "--image", "i", "-", "a"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.command.kind == ProgramKind::kStandardInput);
  CHECK(parsed.arguments() == Words{"a"});
}

TEST_CASE("options that only CPython can obey go to plain Python") {
  for (const char* option : {"-i", "-v", "-V", "-h", "-?", "-J", "-Z", "--unknown", "--help",
                             "--help-all", "--version", "-uV", "-Bi", "-u-"}) {
    const Parsed parsed({"pysnap-run", "--image", "i", option, "script.py"});
    CHECK(parsed.result == OptionsResult::kPlainPython);
    CHECK(parsed.options.reason != nullptr);
    CHECK(parsed.python_arguments() == Words{option, "script.py"});
  }
}

TEST_CASE("an option of Python without its argument goes to plain Python, which complains") {
  for (const char* option : {"-c", "-m", "-W", "-X", "-uc", "--check-hash-based-pycs"}) {
    const Parsed parsed({"pysnap-run", "--image", "i", option});
    CHECK(parsed.result == OptionsResult::kPlainPython);
    CHECK(parsed.python_arguments() == Words{option});
  }
}

TEST_CASE("an image without a program runs standard input, which has no name then") {
  const Parsed parsed({"pysnap-run", "--image", "i"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.command.kind == ProgramKind::kStandardInput);
  CHECK(parsed.options.command.program == nullptr);
  CHECK(parsed.arguments().empty());
}

TEST_CASE("served options are read alone, together and before the program's own letter") {
  const Parsed apart({"pysnap-run", "--image", "i", "-u", "-B", "-qq", "-x", "-R", "a.py", "-u"});
  REQUIRE(apart.result == OptionsResult::kLaunch);
  const format::PythonCommand& command = apart.options.command;
  CHECK(command.unbuffered);
  CHECK(command.dont_write_bytecode);
  CHECK(command.quiet == 2);
  CHECK(command.skip_first_line);
  CHECK(command.random_hashes);
  CHECK_FALSE(command.has_identity);
  CHECK(apart.arguments() == Words{"-u"});
  const Parsed joined({"pysnap-run", "--image", "i", "-uBcpass", "-q"});
  REQUIRE(joined.result == OptionsResult::kLaunch);
  CHECK(joined.options.command.unbuffered);
  CHECK(joined.options.command.dont_write_bytecode);
  CHECK(joined.options.command.kind == ProgramKind::kCommand);
  CHECK(joined.options.command.program == std::string("pass"));
  CHECK(joined.options.command.quiet == 0);
}

TEST_CASE("two dashes end the options") {
  const Parsed parsed({"pysnap-run", "--image", "i", "-u", "--", "-u", "x"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.command.kind == ProgramKind::kScript);
  CHECK(parsed.options.command.program == std::string("-u"));
  CHECK(parsed.arguments() == Words{"x"});
}

TEST_CASE("a missing image path is wrong, with a sentence") {
  const Parsed parsed({"pysnap-run", "--image"});
  REQUIRE(parsed.result == OptionsResult::kWrong);
  CHECK(parsed.options.reason == std::string("--image needs the path of an image"));
}

TEST_CASE("help and version are answered by pysnap") {
  for (const Words& words :
       {Words{"pysnap-run", "--help"}, Words{"pysnap-run", "-h"}, Words{"pysnap-run", "--version"},
        Words{"pysnap-run", "--explain", "--help"}})
    CHECK(Parsed(words).result == OptionsResult::kHosted);
}

TEST_CASE("the launcher's options end at the program") {
  const Parsed parsed({"pysnap-run", "--explain", "--image", "i", "script.py", "--explain"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.explain == Explain::kYes);
  CHECK(parsed.arguments() == Words{"--explain"});
}

TEST_CASE("an executed image has no options of the launcher") {
  const Parsed script({"./image", "script.py", "--image"}, Role::kImage);
  REQUIRE(script.result == OptionsResult::kLaunch);
  CHECK(script.options.command.program == std::string("script.py"));
  for (const char* option : {"--help", "--version", "--image", "--explain", "-h"}) {
    const Parsed parsed({"./image", option}, Role::kImage);
    CHECK(parsed.result == OptionsResult::kPlainPython);
    CHECK(parsed.python_arguments() == Words{option});
  }
}

TEST_CASE("an empty argument vector is survived") {
  CHECK(Parsed({}).result == OptionsResult::kLaunch);
  CHECK(Parsed({}, Role::kImage).result == OptionsResult::kLaunch);
}

TEST_CASE("a variable names the image where no option does") {
  const Parsed variable({"pysnap-run", "a.py"}, Role::kLauncher, "PYSNAP_IMAGE=v.image");
  REQUIRE(variable.result == OptionsResult::kLaunch);
  CHECK(variable.options.image == std::string("v.image"));
  const Parsed option({"pysnap-run", "--image", "o", "a.py"}, Role::kLauncher, "PYSNAP_IMAGE=v");
  CHECK(option.options.image == std::string("o"));
  const Parsed none({"pysnap-run", "a.py"}, Role::kLauncher, "PYSNAP_IMAGE=");
  CHECK(none.result == OptionsResult::kLaunch);
  CHECK(none.options.image == nullptr);
  CHECK(Parsed({"pysnap-run", "--help"}, Role::kLauncher, "PYSNAP_IMAGE=v").result ==
        OptionsResult::kHosted);
}

TEST_CASE("options and a variable ask for plain Python, or for the image at once") {
  CHECK(Parsed({"pysnap-run", "--no-image", "a.py"}).options.wants_plain_python);
  CHECK(Parsed({"pysnap-run", "a.py"}, Role::kLauncher, "PYSNAP=off").options.wants_plain_python);
  CHECK(Parsed({"python3", "a.py"}, Role::kInterpreter, "PYSNAP=off").options.wants_plain_python);
  CHECK_FALSE(
      Parsed({"pysnap-run", "a.py"}, Role::kLauncher, "PYSNAP=on").options.wants_plain_python);
  CHECK(Parsed({"pysnap-run", "--build-now", "a.py"}).options.builds_now);
  CHECK(Parsed({"pysnap-run", "--image", "x", "--no-image"}).result == OptionsResult::kWrong);
}

TEST_CASE("under an interpreter's name all options are Python's") {
  const Parsed parsed({"python3", "--image", "x"}, Role::kInterpreter);
  CHECK(parsed.result == OptionsResult::kPlainPython);
  CHECK(parsed.python_arguments() == Words{"--image", "x"});
}

bool starts_alike(const Words& a, const Words& b) {
  const auto pointers = [](const Words& words) {
    std::vector<const char*> result;
    for (const std::string& word : words) result.push_back(word.c_str());
    result.push_back(nullptr);
    return result;
  };
  const std::vector<const char*> first = pointers(a), second = pointers(b);
  return format::same_start(first.data(), second.data());
}

TEST_CASE("a start is the same whatever the spelling of its options and whatever is served") {
  CHECK(starts_alike({}, {}));
  CHECK(starts_alike({"-c", "pass", "-O"}, {"-u", "a.py"}));
  CHECK(starts_alike({"-X", "dev", "-EOO", "a.py"}, {"-OE", "-O", "-Xdev"}));
  CHECK(starts_alike({"-W", "error", "-u", "-Wdefault"}, {"-Werror", "-W", "default", "-B"}));
  CHECK(starts_alike({"--check-hash-based-pycs", "never"}, {"--check-hash-based-pycs", "never"}));
  CHECK_FALSE(starts_alike({"-O"}, {"-OO"}));
  CHECK_FALSE(starts_alike({"-O"}, {}));
  CHECK_FALSE(starts_alike({"-X", "dev"}, {"-X", "utf8"}));
  CHECK_FALSE(starts_alike({"-X", "dev"}, {"-W", "dev"}));
  CHECK_FALSE(starts_alike({"-Wa", "-Wb"}, {"-Wb", "-Wa"}));
  CHECK_FALSE(starts_alike({"-Wa", "-Wb"}, {"-Wa"}));
  CHECK_FALSE(starts_alike({"--check-hash-based-pycs", "never"}, {}));
}

// The sample image, made for one program.
elf_writer::Metadata image_of(ProgramKind kind) {
  elf_writer::ImageContents contents = tests::sample_contents();
  contents.program = "/srv/app.py";
  contents.program_kind = static_cast<uint32_t>(kind);
  return tests::sealed_metadata(tests::sample_snapshot(), contents);
}

TEST_CASE("an image for one program takes the whole command line for it") {
  for (const ProgramKind kind : {ProgramKind::kScript, ProgramKind::kCheckpoint}) {
    elf_writer::Metadata metadata = image_of(kind);
    const format::ImageView view(metadata.bytes().data());
    for (const Words& words : {Words{}, Words{"--help"}, Words{"-m", "json"}, Words{"a.pyc"}}) {
      Words command_line = {"pysnap-run", "--image", "i"};
      command_line.insert(command_line.end(), words.begin(), words.end());
      Parsed parsed(command_line);
      REQUIRE(takes_own_program(view.header(), parsed.options));
      parsed.use_image_program(view);
      CHECK(parsed.options.command.kind == kind);
      CHECK(parsed.options.command.program == std::string("/srv/app.py"));
      CHECK(parsed.options.has_own_program);
      CHECK(parsed.arguments() == words);
      Words with_script = {"/srv/app.py"};
      with_script.insert(with_script.end(), words.begin(), words.end());
      CHECK(parsed.python_arguments() == with_script);
    }
  }
}

TEST_CASE("the builder's proof runs its own program from any image") {
  elf_writer::Metadata metadata = image_of(ProgramKind::kCheckpoint);
  const Parsed parsed({"pysnap-run", "--prove", "--image", "i", "-c", "pass"});
  CHECK(!takes_own_program(format::ImageView(metadata.bytes().data()).header(), parsed.options));
  CHECK(parsed.options.request_flags == format::kProof);
  CHECK(parsed.options.command.kind == ProgramKind::kCommand);
}

TEST_CASE("an image of modules has no program of its own") {
  elf_writer::Metadata metadata = tests::sealed_metadata();
  const Parsed parsed({"pysnap-run", "--image", "i", "--full-finalize", "a.py"});
  CHECK(!takes_own_program(format::ImageView(metadata.bytes().data()).header(), parsed.options));
  CHECK(parsed.options.request_flags == format::kFullFinalize);
}

TEST_CASE("an option says where the image is to lie, else a variable, else the image") {
  format::ImageHeader header = {};
  const auto base = [&header](const Words& words, const char* variable) {
    Parsed parsed(words, Role::kLauncher, variable);
    settle_base(header, parsed.options);
    return parsed.options.base;
  };
  const Words plain = {"pysnap-run", "--image", "i"};
  const Words at_image = {"pysnap-run", "--aslr=image", "--image", "i"};
  CHECK(base(plain, nullptr) == Base::kImage);
  CHECK(base(plain, "PYSNAP_ASLR=launch") == Base::kRandom);
  header.flags = format::kMovesAtLaunch;
  CHECK(base(plain, nullptr) == Base::kRandom);
  CHECK(base(plain, "PYSNAP_ASLR=image") == Base::kImage);
  CHECK(base(at_image, nullptr) == Base::kImage);
  CHECK(base(at_image, "PYSNAP_ASLR=launch") == Base::kImage);
}

TEST_CASE("the builder's own launches lie where the image does") {
  format::ImageHeader header = {};
  header.flags = format::kMovesAtLaunch;
  for (const char* option : {"--prove", "--freeze-again=c7"}) {
    Parsed parsed({"pysnap-run", "--image", "i", option, "x.py"});
    settle_base(header, parsed.options);
    CHECK(parsed.options.base == Base::kImage);
  }
}

TEST_CASE("what follows the order to freeze again is the program's, whatever it looks like") {
  elf_writer::Metadata metadata = image_of(ProgramKind::kCheckpoint);
  Parsed parsed({"pysnap-run", "--image", "i", "--freeze-again=c7", "--explain", "--image"});
  CHECK(parsed.options.request_flags == format::kFreezesAgain);
  CHECK(parsed.options.control == 0xc7);
  CHECK(parsed.options.explain == Explain::kNo);
  const format::ImageView view(metadata.bytes().data());
  REQUIRE(takes_own_program(view.header(), parsed.options));
  parsed.use_image_program(view);
  CHECK(parsed.arguments() == Words{"--explain", "--image"});
}

}  // namespace
}  // namespace pysnap::restore
