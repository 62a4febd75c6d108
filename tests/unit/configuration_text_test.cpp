#include "launcher/configuration_text.h"

#include <catch2/catch.hpp>

namespace pysnap::tests {
namespace {

using launcher::Configuration;
using launcher::ProgramForm;
using Names = std::vector<std::string>;

constexpr const char* kFile = "/project/pysnap.toml";
constexpr const char* kProject = "/project/pyproject.toml";

Configuration parsed(const std::string& text, const std::string& file = kFile) {
  const auto result = launcher::parse_configuration(text, file);
  INFO((result ? "" : result.error().sentence));
  REQUIRE(result);
  REQUIRE(*result);
  return **result;
}

std::string sentence_for(const std::string& text, const std::string& file = kFile) {
  const auto result = launcher::parse_configuration(text, file);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == support::ErrorKind::kInput);
  return result.error().sentence;
}

TEST_CASE("an empty configuration has the defaults") {
  const Configuration configuration = parsed("");
  CHECK(configuration.file == kFile);
  CHECK(configuration.modules.empty());
  CHECK(configuration.excluded.empty());
  CHECK(configuration.code_only.empty());
  CHECK(configuration.warm_up.empty());
  CHECK(configuration.ignored_variables.empty());
  CHECK(configuration.key_variables.empty());
  CHECK(configuration.checks == launcher::Checks::kFiles);
  CHECK(configuration.base == launcher::BasePolicy::kRandom);
  CHECK(configuration.aslr == launcher::Aslr::kImage);
  CHECK(configuration.relocatable == launcher::Relocatable::kNo);
  CHECK(configuration.backend == launcher::Backend::kElf);
  CHECK(configuration.programs.empty());
}

TEST_CASE("lists of modules are read in their order") {
  const Configuration configuration = parsed(
      "modules = [\"json\", \"xml.etree\"]\nexclude = ['readline']\ncode-only = ['my-tool', "
      "'a.b']");
  CHECK(configuration.modules == Names{"json", "xml.etree"});
  CHECK(configuration.excluded == Names{"readline"});
  CHECK(configuration.code_only == Names{"my-tool", "a.b"});
}

TEST_CASE("paths are relative to the file") {
  CHECK(parsed("warm-up = 'tools/warm.py'").warm_up == "/project/tools/warm.py");
  CHECK(parsed("warm-up = '../warm.py'").warm_up == "/warm.py");
  CHECK(parsed("warm-up = '/elsewhere/warm.py'").warm_up == "/elsewhere/warm.py");
}

TEST_CASE("variables to ignore and to key on are read") {
  for (const char* text : {"environment.ignore = ['A']\nenvironment.key = ['B', 'C']",
                           "[environment]\nignore = ['A']\nkey = ['B', 'C']"}) {
    const Configuration configuration = parsed(text);
    CHECK(configuration.ignored_variables == Names{"A"});
    CHECK(configuration.key_variables == Names{"B", "C"});
  }
}

TEST_CASE("choices that exist are read") {
  CHECK(parsed("checks = 'none'").checks == launcher::Checks::kNone);
  CHECK(parsed("checks = 'files'").checks == launcher::Checks::kFiles);
  CHECK(parsed("base = 'random'").base == launcher::BasePolicy::kRandom);
  CHECK(parsed("backend = 'elf'").backend == launcher::Backend::kElf);
  CHECK(parsed("aslr = 'launch'").aslr == launcher::Aslr::kLaunch);
  CHECK(parsed("aslr = 'image'").aslr == launcher::Aslr::kImage);
  CHECK(parsed("relocatable = 'no'").relocatable == launcher::Relocatable::kNo);
  CHECK(parsed("relocatable = 'prefer'").relocatable == launcher::Relocatable::kPrefer);
  CHECK(parsed("relocatable = 'require'").relocatable == launcher::Relocatable::kRequire);
}

TEST_CASE("launches that lie elsewhere need an image that moves, if that can be") {
  CHECK(parsed("aslr = 'launch'").relocatable == launcher::Relocatable::kPrefer);
  CHECK(parsed("relocatable = 'require'\naslr = 'launch'").relocatable ==
        launcher::Relocatable::kRequire);
}

TEST_CASE("programs are read with all that belongs to them") {
  const Configuration configuration = parsed(
      "[[programs]]\nscript = 'app.py'\narguments = ['--fast', '']\npython = 'venv/bin/python'\n"
      "python-options = '-X dev -E'\n"
      "[[programs]]\nmodule = 'http.server'\npython = 'python3.12'\n"
      "[[programs]]\nentry-point = 'black'\n");
  REQUIRE(configuration.programs.size() == 3);
  CHECK(configuration.programs[0].form == ProgramForm::kScript);
  CHECK(configuration.programs[0].name == "/project/app.py");
  CHECK(configuration.programs[0].arguments == Names{"--fast", ""});
  CHECK(configuration.programs[0].python == "/project/venv/bin/python");
  CHECK(configuration.programs[0].python_options == Names{"-X", "dev", "-E"});
  CHECK(configuration.programs[1].form == ProgramForm::kModule);
  CHECK(configuration.programs[1].name == "http.server");
  CHECK(configuration.programs[1].python == "python3.12");
  CHECK(configuration.programs[2].form == ProgramForm::kEntryPoint);
  CHECK(configuration.programs[2].name == "black");
  CHECK(configuration.programs[2].python.empty());
}

TEST_CASE("a pyproject.toml is read where it has our table, and passed over where it has none") {
  const Configuration configuration =
      parsed("[project]\nname = 'x'\n[tool.pysnap]\nmodules = ['json']\n", kProject);
  CHECK(configuration.modules == Names{"json"});
  CHECK(configuration.file == kProject);
  CHECK(parsed("[tool.pysnap]\n", kProject).modules.empty());
  for (const char* text : {"", "[project]\ndependencies = ['pysnap']\n", "[tool.black]\nx = 1\n",
                           "tool = 1\n", "pysnap.modules = ['json']\n"}) {
    const auto result = launcher::parse_configuration(text, kProject);
    REQUIRE(result);
    CHECK_FALSE(*result);
  }
}

TEST_CASE("an unknown key is named with its line and the closest one that exists") {
  CHECK(sentence_for("\nmodule = ['json']") ==
        "/project/pysnap.toml:2: there is no key module; the closest one is modules");
  CHECK(sentence_for("[environment]\nkeys = []") ==
        "/project/pysnap.toml:2: there is no key environment.keys; the closest one is "
        "environment.key");
  CHECK(sentence_for("[[programs]]\nscript = 'x'\nargument = []") ==
        "/project/pysnap.toml:3: there is no key programs.argument; the closest one is "
        "programs.arguments");
  CHECK(sentence_for("[tool.pysnap]\nwarmup = 'x'", kProject) ==
        "/project/pyproject.toml:2: there is no key tool.pysnap.warmup; the closest one is "
        "tool.pysnap.warm-up");
  CHECK(sentence_for("[tool.pysnap]\n[tool.pysnap.enviroment]\nkey = []", kProject) ==
        "/project/pyproject.toml:2: there is no key tool.pysnap.enviroment; the closest one is "
        "tool.pysnap.environment");
}

TEST_CASE("a value of the wrong type is named with its line, what it is and what it must be") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"modules = 'json'", "1: modules must be a list of names of modules and is a string"},
      {"exclude = 1", "1: exclude must be a list of names of modules and is a number"},
      {"code-only = {}", "1: code-only must be a list of names of modules and is a table"},
      {"modules = ['a',\n 2]", "2: modules must hold names of modules and holds a number"},
      {"warm-up = ['x']", "1: warm-up must be a string and is a list"},
      {"environment = []", "1: environment must be a table and is a list"},
      {"environment.ignore = true",
       "1: environment.ignore must be a list of names of variables and is true or false"},
      {"environment.key = 'A'",
       "1: environment.key must be a list of names of variables and is a string"},
      {"checks = true", "1: checks must be a string and is true or false"},
      {"base = 2026-11-22", "1: base must be a string and is a date or time"},
      {"backend = 1.5", "1: backend must be a string and is a number"},
      {"programs = 'app.py'",
       "1: programs must be a list of tables, each begun with [[programs]], and is a string"},
      {"[programs]\nscript = 'x'",
       "1: programs must be a list of tables, each begun with [[programs]], and is a table"},
      {"programs = ['app.py']", "1: programs must hold tables and holds a string"},
      {"[[programs]]\nscript = 1", "2: programs.script must be a string and is a number"},
      {"[[programs]]\nmodule = []", "2: programs.module must be a string and is a list"},
      {"[[programs]]\nentry-point = 1", "2: programs.entry-point must be a string and is a number"},
      {"[[programs]]\nscript = 'x'\narguments = 'y'",
       "3: programs.arguments must be a list of strings and is a string"},
      {"[[programs]]\nscript = 'x'\npython = 3.11",
       "3: programs.python must be a string and is a number"},
      {"[[programs]]\nscript = 'x'\npython-options = []",
       "3: programs.python-options must be a string and is a list"},
  };
  for (const auto& [text, sentence] : cases)
    CHECK(sentence_for(text) == std::string("/project/pysnap.toml:") + sentence);
  CHECK(sentence_for("[tool]\npysnap = 1", kProject) ==
        "/project/pyproject.toml:2: tool.pysnap must be a table and is a number");
}

TEST_CASE("a value that cannot be one is refused") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"modules = ['']", "modules must hold names of modules, and \"\" is none"},
      {"modules = ['.json']", "modules must hold names of modules, and \".json\" is none"},
      {"modules = ['a..b']", "modules must hold names of modules, and \"a..b\" is none"},
      {"modules = ['lib/json.py']",
       "modules must hold names of modules, and \"lib/json.py\" is none"},
      {"modules = ['json xml']", "modules must hold names of modules, and \"json xml\" is none"},
      {"environment.key = ['A=1']", "environment.key must hold names of variables, and \"A=1\""},
      {"environment.ignore = ['']", "environment.ignore must hold names of variables, and \"\""},
      {"warm-up = ''", "warm-up is empty"},
      {"warm-up = \"a\\u0000b\"", "warm-up is empty or holds a zero byte"},
      {"checks = 'file'", "checks is \"file\" and can be \"files\" or \"none\""},
      {"base = '0x123400000000'", "base is \"0x123400000000\", and only \"random\" exists so far"},
      {"aslr = 'always'", "aslr is \"always\" and can be \"launch\" or \"image\""},
      {"relocatable = 'yes'",
       "relocatable is \"yes\" and can be \"no\", \"prefer\" or \"require\""},
      {"relocatable = true", "relocatable must be a string and is true or false"},
      {"backend = 'criu'", "backend is \"criu\", which does not exist yet"},
      {"backend = 'macho'", "backend is \"macho\", and only \"elf\" exists so far"},
      {"[[programs]]\nmodule = 'a b'", "programs.module is \"a b\", which is no name of a module"},
      {"[[programs]]\nscript = 'x'\npython-options = 'app.py'",
       "programs.python-options cannot be used: \"app.py\" is no option of Python"},
      {"[[programs]]\nscript = 'x'\npython-options = '-u'",
       "programs.python-options cannot be used: every image serves -u"},
  };
  for (const auto& [text, part] : cases) CHECK_THAT(sentence_for(text), Catch::Contains(part));
}

TEST_CASE("a program has exactly one name") {
  CHECK(sentence_for("[[programs]]\nscript = 'x'\n\n[[programs]]\narguments = []") ==
        "/project/pysnap.toml:4: a table of programs needs one of script, module and entry-point, "
        "and has none");
  CHECK_THAT(sentence_for("[[programs]]\nscript = 'x'\nmodule = 'y'"),
             Catch::Contains("needs one of script, module and entry-point, and has several"));
}

TEST_CASE("settings that contradict each other are refused") {
  CHECK(sentence_for("modules = ['a']\nexclude = ['a']") ==
        "/project/pysnap.toml:1: modules holds a, and exclude holds a; take out one of them");
  CHECK_THAT(sentence_for("exclude = ['a']\nmodules = ['a.b']"),
             Catch::Contains(":2: modules holds a.b, and exclude holds a"));
  CHECK_THAT(sentence_for("exclude = ['a']\ncode-only = ['a']"),
             Catch::Contains(":2: code-only holds a, and exclude holds a"));
  CHECK_THAT(sentence_for("modules = ['a']\ncode-only = ['a']"),
             Catch::Contains(":2: code-only holds a, and modules holds it too"));
  CHECK_THAT(sentence_for("[environment]\nignore = ['A']\nkey = ['A']"),
             Catch::Contains(":3: environment.key holds A, and ignore holds it too"));
  CHECK_THAT(sentence_for("aslr = 'launch'\nrelocatable = 'no'"),
             Catch::Contains(":2: relocatable is \"no\", and aslr is \"launch\""));
  CHECK(parsed("modules = ['ab', 'b.a']\nexclude = ['a', 'b.c']").modules == Names{"ab", "b.a"});
}

TEST_CASE("all that is wrong is said at once, in the order of the lines") {
  CHECK(
      sentence_for("warm-up = 1\nmodulos = 2\nbackend = 'criu'\nchecks = 3") ==
      "/project/pysnap.toml:1: warm-up must be a string and is a number\n"
      "/project/pysnap.toml:2: there is no key modulos; the closest one is modules\n"
      "/project/pysnap.toml:3: backend is \"criu\", which does not exist yet; leave it out or say "
      "\"elf\"\n"
      "/project/pysnap.toml:4: checks must be a string and is a number");
}

TEST_CASE("what is no TOML is named with its line") {
  CHECK_THAT(sentence_for("modules = []\nmodules ="),
             Catch::Contains("/project/pysnap.toml:2: this is no TOML: "));
  CHECK_THAT(sentence_for("checks = 'none'\nchecks = 'files'"),
             Catch::Contains("/project/pysnap.toml:2: this is no TOML: "));
  CHECK_THAT(sentence_for("x = '\xff\xfe'"), Catch::Contains(":1: this is no TOML: "));
  CHECK_THAT(sentence_for(std::string("\0\0", 2)), Catch::Contains(":1: this is no TOML: "));
  CHECK_THAT(sentence_for("[tool.pysnap\n", kProject), Catch::Contains(":1: this is no TOML: "));
}

}  // namespace
}  // namespace pysnap::tests
