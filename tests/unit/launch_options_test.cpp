#include "restore/launch_options.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace pysnap::restore {
namespace {

using format::ProgramKind;

// A command line and what became of it.
struct Parsed {
  explicit Parsed(std::vector<std::string> words, bool embedded = false)
      : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
    const bare::ProcessStart start = {static_cast<long>(words_.size()), pointers_.data(),
                                      pointers_.data() + words_.size(), nullptr};
    result = parse_options(start, embedded, options);
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  static std::vector<std::string> list(char** first) {
    std::vector<std::string> words;
    for (; *first != nullptr; ++first) words.emplace_back(*first);
    return words;
  }
  std::vector<std::string> arguments() const { return list(options.arguments); }
  std::vector<std::string> python_arguments() const { return list(options.python_arguments); }

  OptionsResult result = OptionsResult::kWrong;
  LaunchOptions options;

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

using Words = std::vector<std::string>;

TEST_CASE("a script is launched with what follows it") {
  const Parsed parsed({"pysnap-run", "--image", "a.image", "script.py", "-m", "--image", "x"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.image == std::string("a.image"));
  CHECK(parsed.options.kind == ProgramKind::kScript);
  CHECK(parsed.options.program == std::string("script.py"));
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
    CHECK(parsed.options.kind == ProgramKind::kModule);
    CHECK(parsed.options.program == std::string("json.tool"));
    CHECK(parsed.arguments() == Words{"rest"});
  }
  const Parsed command({"pysnap-run", "--image", "i", "-c", "pass", "-x"});
  REQUIRE(command.result == OptionsResult::kLaunch);
  CHECK(command.options.kind == ProgramKind::kCommand);
  CHECK(command.arguments() == Words{"-x"});
}

TEST_CASE("an empty command is a command") {
  const Parsed parsed({"pysnap-run", "--image", "i", "-c", ""});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.program == std::string());
}

TEST_CASE("a dash is standard input") {
  const Parsed parsed({"pysnap-run", "--image", "i", "-", "a"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.kind == ProgramKind::kStandardInput);
  CHECK(parsed.arguments() == Words{"a"});
}

TEST_CASE("options of Python go to plain Python") {
  for (const char* option : {"-O", "-X", "-W", "-I", "-i", "-u", "-V", "--unknown", "-q"}) {
    const Parsed parsed({"pysnap-run", "--image", "i", option, "script.py"});
    CHECK(parsed.result == OptionsResult::kPlainPython);
    CHECK(parsed.options.reason != nullptr);
    CHECK(parsed.python_arguments() == Words{option, "script.py"});
  }
}

TEST_CASE("an option of Python without its argument goes to plain Python, which complains") {
  for (const char* option : {"-c", "-m"}) {
    const Parsed parsed({"pysnap-run", "--image", "i", option});
    CHECK(parsed.result == OptionsResult::kPlainPython);
    CHECK(parsed.python_arguments() == Words{option});
  }
}

TEST_CASE("a compiled script goes to plain Python") {
  const Parsed parsed({"pysnap-run", "--image", "i", "script.pyc"});
  CHECK(parsed.result == OptionsResult::kPlainPython);
  const Parsed short_name({"pysnap-run", "--image", "i", ".pyc"});
  CHECK(short_name.result == OptionsResult::kLaunch);
}

TEST_CASE("an image without a program means an interactive session") {
  const Parsed parsed({"pysnap-run", "--image", "i"});
  CHECK(parsed.result == OptionsResult::kPlainPython);
  CHECK(parsed.options.reason == std::string("an interactive session"));
}

TEST_CASE("a missing image path is wrong, with a sentence") {
  const Parsed parsed({"pysnap-run", "--image"});
  REQUIRE(parsed.result == OptionsResult::kWrong);
  CHECK(parsed.options.reason == std::string("--image needs the path of an image"));
}

TEST_CASE("a program without an image is wrong, with the way out") {
  const Parsed parsed({"pysnap-run", "script.py"});
  REQUIRE(parsed.result == OptionsResult::kWrong);
  CHECK(std::string(parsed.options.reason).find("pysnap build") != std::string::npos);
}

TEST_CASE("help, version and an empty command line are answered by pysnap") {
  for (const Words& words :
       {Words{"pysnap-run"}, Words{"pysnap-run", "--help"}, Words{"pysnap-run", "-h"},
        Words{"pysnap-run", "--version"}, Words{"pysnap-run", "--image", "i", "--help"}})
    CHECK(Parsed(words).result == OptionsResult::kHosted);
}

TEST_CASE("the launcher's options end at the program") {
  const Parsed parsed({"pysnap-run", "--explain", "--image", "i", "script.py", "--explain"});
  REQUIRE(parsed.result == OptionsResult::kLaunch);
  CHECK(parsed.options.explain == Explain::kYes);
  CHECK(parsed.arguments() == Words{"--explain"});
}

TEST_CASE("an executed image has no options of the launcher") {
  const Parsed script({"./image", "script.py", "--image"}, true);
  REQUIRE(script.result == OptionsResult::kLaunch);
  CHECK(script.options.program == std::string("script.py"));
  for (const char* option : {"--help", "--version", "--image", "--explain", "-h"}) {
    const Parsed parsed({"./image", option}, true);
    CHECK(parsed.result == OptionsResult::kPlainPython);
    CHECK(parsed.python_arguments() == Words{option});
  }
}

TEST_CASE("an empty argument vector is survived") {
  CHECK(Parsed({}).result == OptionsResult::kHosted);
  CHECK(Parsed({}, true).result == OptionsResult::kPlainPython);
}

}  // namespace
}  // namespace pysnap::restore
