#include "launcher/configured_build.h"

#include <catch2/catch.hpp>

namespace pysnap::tests {
namespace {

using launcher::BuildOptions;
using launcher::Configuration;
using Names = std::vector<std::string>;

Configuration sample_configuration() {
  Configuration configuration;
  configuration.file = "/project/pysnap.toml";
  configuration.modules = {"json", "asyncio"};
  configuration.excluded = {"curses"};
  configuration.code_only = {"this"};
  configuration.warm_up = "/project/warm.py";
  return configuration;
}

std::string sentence_for(const BuildOptions& options, const Configuration& configuration) {
  const auto all = launcher::with_configuration(options, configuration);
  REQUIRE_FALSE(all);
  CHECK(all.error().kind == support::ErrorKind::kUsage);
  return all.error().sentence;
}

Configuration searched_at(const Names& paths, const std::string& file) {
  Configuration configuration;
  configuration.file = file;
  for (const std::string& path : paths) configuration.searched.push_back({path, {}});
  return configuration;
}

TEST_CASE("an image depends on the places of its configuration") {
  Configuration configuration = searched_at({"/project/pysnap.toml"}, "/project/pysnap.toml");
  configuration.searched[0].found.kind = format::DependencyKind::kFile;
  configuration.searched[0].found.size = 100;
  const auto all = launcher::with_configuration({}, configuration);
  REQUIRE(all);
  REQUIRE(all->configuration_files.size() == 1);
  CHECK(all->configuration_files[0].path == "/project/pysnap.toml");
  CHECK(all->configuration_files[0].state.kind == format::DependencyKind::kFile);
  CHECK(all->configuration_files[0].state.size == 100);
}

TEST_CASE("seen from the working directory, the places end with the file") {
  const auto files = launcher::relative_configuration_files(
      searched_at({"/a/b/pysnap.toml", "/a/b/pyproject.toml", "/a/pysnap.toml"}, "/a/pysnap.toml"));
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == "pysnap.toml");
  CHECK(files[1].path == "pyproject.toml");
  CHECK(files[2].path == "../pysnap.toml");
}

TEST_CASE("where there is no configuration, none may be further up either") {
  const auto files = launcher::relative_configuration_files(
      searched_at({"/a/pysnap.toml", "/a/pyproject.toml", "/pysnap.toml", "/pyproject.toml"}, ""));
  REQUIRE(files.size() == 24);
  CHECK(files[23].path.starts_with("../../../../../../../../../../../pyproject"));
  CHECK(files[23].state.kind == format::DependencyKind::kMissing);
}

TEST_CASE("variables and checks of a configuration become those of the build") {
  Configuration configuration;
  configuration.key_variables = {"STAGE"};
  configuration.ignored_variables = {"HOME"};
  configuration.checks = launcher::Checks::kNone;
  const auto all = launcher::with_configuration({}, configuration);
  REQUIRE(all);
  CHECK(all->variables.compared == Names{"STAGE"});
  CHECK(all->variables.ignored == Names{"HOME"});
  CHECK(all->is_trusted);
  CHECK_FALSE(launcher::with_configuration({}, {})->is_trusted);
}

TEST_CASE("where launches lie is the configuration's to say, unless an option does") {
  using launcher::Aslr;
  using launcher::Relocatable;
  Configuration configuration;
  configuration.aslr = Aslr::kLaunch;
  configuration.relocatable = Relocatable::kRequire;
  const auto all = launcher::with_configuration({}, configuration);
  REQUIRE(all);
  CHECK(all->aslr == Aslr::kLaunch);
  CHECK(all->relocatable == Relocatable::kRequire);
  BuildOptions options;
  options.relocatable = Relocatable::kNo;
  CHECK(launcher::with_configuration(options, configuration)->relocatable == Relocatable::kNo);
}

TEST_CASE("an image made from an image cannot be one that moves") {
  BuildOptions options;
  options.base = "x.pysnap";
  Configuration configuration;
  configuration.file = "/project/pysnap.toml";
  configuration.relocatable = launcher::Relocatable::kPrefer;
  CHECK_FALSE(launcher::with_configuration(options, configuration)->relocatable);
  configuration.relocatable = launcher::Relocatable::kRequire;
  CHECK(sentence_for(options, configuration) ==
        "an image made with --from cannot move, and /project/pysnap.toml wants one that does; "
        "leave out --config");
  configuration.relocatable = launcher::Relocatable::kPrefer;
  configuration.aslr = launcher::Aslr::kLaunch;
  CHECK_THAT(sentence_for(options, configuration), Catch::Contains("--from"));
}

TEST_CASE("a configuration adds to the options of a build") {
  BuildOptions options;
  options.modules = {"csv", "asyncio"};
  options.code_only = {"antigravity"};
  options.output = "x.pysnap";
  const auto all = launcher::with_configuration(options, sample_configuration());
  REQUIRE(all);
  CHECK(all->modules == Names{"csv", "asyncio", "json"});
  CHECK(all->code_only == Names{"antigravity", "this"});
  CHECK(all->excluded == Names{"curses"});
  CHECK(all->warm_up == "/project/warm.py");
  CHECK(all->output == "x.pysnap");
}

TEST_CASE("options and configuration that contradict each other are refused") {
  BuildOptions options;
  options.modules = {"curses.panel"};
  CHECK(sentence_for(options, sample_configuration()) ==
        "--module names curses.panel, which /project/pysnap.toml excludes; leave out one of them");
  options.modules = {"this"};
  CHECK(sentence_for(options, sample_configuration()) ==
        "--module names this, which /project/pysnap.toml has in code-only; leave out one of them");
  options.modules = {};
  options.code_only = {"curses"};
  CHECK_THAT(sentence_for(options, sample_configuration()), Catch::Contains("excludes"));
  options.code_only = {"json"};
  CHECK_THAT(sentence_for(options, sample_configuration()), Catch::Contains("has in modules"));
}

TEST_CASE("two warm-ups are a contradiction unless they are one file") {
  BuildOptions options;
  options.warm_up = "/elsewhere/warm.py";
  CHECK_THAT(sentence_for(options, sample_configuration()),
             Catch::Contains("/elsewhere/warm.py") && Catch::Contains("/project/warm.py"));
  options.warm_up = "/project/tools/../warm.py";
  CHECK(launcher::with_configuration(options, sample_configuration()));
}

TEST_CASE("a build of a program takes no modules from a configuration") {
  BuildOptions options;
  options.script = "app.py";
  CHECK_THAT(sentence_for(options, sample_configuration()), Catch::Contains("--script"));
  BuildOptions again;
  again.base = "x.pysnap";
  CHECK_THAT(sentence_for(again, sample_configuration()), Catch::Contains("--from"));
  Configuration harmless;
  harmless.key_variables = {"A"};
  CHECK(launcher::with_configuration(options, harmless));
}

}  // namespace
}  // namespace pysnap::tests
