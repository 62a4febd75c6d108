#include "launcher/configuration.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using launcher::Configuration;
using launcher::find_configuration;

// A tree of directories, searched from the innermost.
class Tree {
 public:
  Tree() {
    std::filesystem::create_directories(inner());
    top_ = std::filesystem::canonical(directory_.path(""));
  }
  std::string inner() const { return directory_.path("project/package/inner"); }
  std::string top() const { return top_; }
  std::string path(const std::string& name) const { return (top_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    write_file(path(name), text);
    ::chmod(path(name).c_str(), 0644);  // whatever the umask is
  }
  Configuration found() const {
    const auto result = find_configuration(inner());
    INFO((result ? "" : result.error().sentence));
    REQUIRE(result);
    return *result;
  }

 private:
  TemporaryDirectory directory_;
  std::filesystem::path top_;
};

TEST_CASE("without a file there are defaults and no file's name") {
  const Tree tree;
  const Configuration configuration = tree.found();
  CHECK(configuration.file.empty());
  CHECK(configuration.modules.empty());
  CHECK(configuration.notices.empty());
}

TEST_CASE("the nearest file wins, and pysnap.toml before pyproject.toml") {
  const Tree tree;
  tree.write("pysnap.toml", "modules = ['top']");
  CHECK(tree.found().file == tree.path("pysnap.toml"));
  tree.write("project/pyproject.toml", "[tool.pysnap]\nmodules = ['project']");
  CHECK(tree.found().file == tree.path("project/pyproject.toml"));
  tree.write("project/pysnap.toml", "modules = ['file']");
  CHECK(tree.found().modules == std::vector<std::string>{"file"});
  tree.write("project/package/inner/pyproject.toml", "[tool.pysnap]\n");
  CHECK(tree.found().file == tree.path("project/package/inner/pyproject.toml"));
}

TEST_CASE("a pyproject.toml without our table is passed over without a word") {
  const Tree tree;
  tree.write("pysnap.toml", "modules = ['top']");
  tree.write("project/pyproject.toml", "[project]\nname = 'pysnap-user'");
  tree.write("project/package/pyproject.toml", "this is = not [toml");
  const Configuration configuration = tree.found();
  CHECK(configuration.file == tree.path("pysnap.toml"));
  CHECK(configuration.notices.empty());
}

TEST_CASE("a mistake in the nearest file is an error, whatever lies above") {
  const Tree tree;
  tree.write("pysnap.toml", "");
  tree.write("project/pysnap.toml", "modul = []");
  const auto result = find_configuration(tree.inner());
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().sentence, Catch::StartsWith(tree.path("project/pysnap.toml") + ":1: "));
}

TEST_CASE("what is no regular file is passed over with a notice") {
  const Tree tree;
  ::mkfifo(tree.path("project/pysnap.toml").c_str(), 0600);
  std::filesystem::create_directory(tree.path("project/pyproject.toml"));
  const Configuration configuration = tree.found();
  CHECK(configuration.file.empty());
  CHECK(configuration.notices ==
        std::vector<std::string>{
            tree.path("project/pysnap.toml") + " is passed over: it is not a regular file",
            tree.path("project/pyproject.toml") + " is passed over: it is not a regular file"});
}

TEST_CASE("a file that everybody may write is passed over with a notice") {
  const Tree tree;
  tree.write("pysnap.toml", "modules = ['top']");
  tree.write("project/pysnap.toml", "modules = ['anybody']");
  ::chmod(tree.path("project/pysnap.toml").c_str(), 0666);
  const Configuration configuration = tree.found();
  CHECK(configuration.file == tree.path("pysnap.toml"));
  REQUIRE(configuration.notices.size() == 1);
  CHECK_THAT(configuration.notices[0], Catch::Contains("everybody may write it"));
}

TEST_CASE("a stranger's file is passed over, and that of the directory's owner is not") {
  if (::geteuid() != 0) return;  // only root can give files away
  const Tree tree;
  tree.write("project/pysnap.toml", "modules = ['strange']");
  constexpr uid_t kStranger = 4711;
  REQUIRE(::chown(tree.path("project/pysnap.toml").c_str(), kStranger, kStranger) == 0);
  const Configuration configuration = tree.found();
  CHECK(configuration.file.empty());
  REQUIRE(configuration.notices.size() == 1);
  CHECK_THAT(configuration.notices[0], Catch::EndsWith("it belongs to user 4711"));
  REQUIRE(::chown(tree.inner().c_str(), kStranger, kStranger) == 0);
  CHECK(tree.found().modules == std::vector<std::string>{"strange"});
}

TEST_CASE("a directory that is not there cannot be searched") {
  const Tree tree;
  tree.write("file", "");
  for (const std::string& path : {tree.path("missing"), tree.path("file")}) {
    const auto result = find_configuration(path);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == support::ErrorKind::kInput);
    CHECK_THAT(result.error().sentence, Catch::Contains(path));
  }
}

TEST_CASE("a file that was named is read whoever owns it, and must be a configuration") {
  const Tree tree;
  tree.write("other.toml", "modules = ['json']");
  ::chmod(tree.path("other.toml").c_str(), 0666);
  const auto named = launcher::read_configuration(tree.path("project/../other.toml"));
  REQUIRE(named);
  CHECK(named->file == tree.path("other.toml"));
  CHECK(named->modules == std::vector<std::string>{"json"});
  tree.write("pyproject.toml", "[project]\n");
  const auto empty = launcher::read_configuration(tree.path("pyproject.toml"));
  REQUIRE_FALSE(empty);
  CHECK_THAT(empty.error().sentence, Catch::Contains("has no table [tool.pysnap]"));
  const auto missing = launcher::read_configuration(tree.path("missing.toml"));
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().sentence, Catch::Contains("missing.toml"));
  const auto folder = launcher::read_configuration(tree.top());
  REQUIRE_FALSE(folder);
  CHECK_THAT(folder.error().sentence, Catch::Contains("is a directory"));
}

TEST_CASE("what an excluded package holds is excluded") {
  Configuration configuration;
  configuration.excluded = {"a", "b.c"};
  CHECK(launcher::excluding(configuration, "a") == "a");
  CHECK(launcher::excluding(configuration, "a.x.y") == "a");
  CHECK(launcher::excluding(configuration, "b.c") == "b.c");
  CHECK(launcher::excluding(configuration, "ab").empty());
  CHECK(launcher::excluding(configuration, "b").empty());
}

}  // namespace
}  // namespace pysnap::tests
