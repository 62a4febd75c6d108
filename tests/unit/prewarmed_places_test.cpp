#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "format/program_key.h"
#include "restore/interpreter_name.h"
#include "restore/prewarmed.h"
#include "unit/sample.h"

namespace pysnap::restore {
namespace {

using format::ProgramKind;
using tests::TemporaryDirectory;
using tests::write_file;

std::vector<std::string> places_of(ProgramKind kind, const std::string& program,
                                   const std::string& interpreter, std::string variable = "") {
  LaunchOptions options;
  options.command.kind = kind;
  options.command.program = program.c_str();
  variable = "PYSNAP_PATH=" + variable;
  char* environment[] = {variable.data(), nullptr};
  PrewarmedPlaces places(environment, options, interpreter.c_str());
  std::vector<std::string> found;
  while (const char* place = places.next()) found.emplace_back(place);
  return found;
}

TEST_CASE("images of a script are looked for beside it and in the directories above") {
  const TemporaryDirectory directory;
  const std::filesystem::path real = std::filesystem::canonical(directory.path("."));
  std::filesystem::create_directory(real / "a");
  write_file(real / "a/app.py", "");
  std::filesystem::create_symlink(real / "a", real / "link");
  const auto places = places_of(ProgramKind::kScript, real / "link/app.py", "/usr/bin/python3");
  REQUIRE(places.size() > 2);
  CHECK(places[0] == (real / "a/.pysnap").native());
  CHECK(places[1] == (real / ".pysnap").native());
  CHECK(places.back() == "/.pysnap");
  CHECK(places_of(ProgramKind::kScript, real / "missing.py", "/usr/bin/python3").empty());
}

TEST_CASE("images of a module are looked for beside the interpreter, where a link to it lies") {
  const TemporaryDirectory directory;
  const std::filesystem::path real = std::filesystem::canonical(directory.path("."));
  std::filesystem::create_directory(real / "bin");
  std::filesystem::create_symlink("/bin/true", real / "bin/python");
  const auto places = places_of(ProgramKind::kModule, "json.tool", real / "bin/python");
  REQUIRE(places.size() > 2);
  CHECK(places[0] == (real / "bin/.pysnap").native());
  CHECK(places[1] == (real / ".pysnap").native());
}

TEST_CASE("the directories of PYSNAP_PATH come first, and empty ones are none") {
  const auto places = places_of(ProgramKind::kModule, "x", "/usr/bin/python3", ":/one::two:");
  REQUIRE(places.size() == 5);
  CHECK(places[0] == "/one");
  CHECK(places[1] == "two");
  CHECK(places[4] == "/.pysnap");
}

TEST_CASE("what has no name has no prewarmed image") {
  CHECK(places_of(ProgramKind::kCommand, "pass", "/usr/bin/python3", "/one").empty());
  CHECK(places_of(ProgramKind::kStandardInput, "", "/usr/bin/python3", "/one").empty());
}

TEST_CASE("the key of a program depends on its kind and name") {
  CHECK(format::program_key(ProgramKind::kScript, "a") !=
        format::program_key(ProgramKind::kModule, "a"));
  CHECK(format::program_key(ProgramKind::kScript, "a") !=
        format::program_key(ProgramKind::kScript, "b"));
  CHECK(std::string(format::key_text(0x0123456789abcdef).text) == "0123456789abcdef");
}

TEST_CASE("two names of one environment's interpreter are the same interpreter") {
  const TemporaryDirectory directory;
  for (const char* environment : {"one", "other"}) {
    std::filesystem::create_directory(directory.path(environment));
    for (const char* name : {"/python", "/python3"})
      std::filesystem::create_symlink("/bin/true", directory.path(environment) + name);
  }
  const std::string python = directory.path("one/python");
  CHECK(is_same_interpreter(python.c_str(), python.c_str()));
  CHECK(is_same_interpreter(python.c_str(), directory.path("one/python3").c_str()));
  CHECK_FALSE(is_same_interpreter(python.c_str(), directory.path("other/python").c_str()));
  CHECK_FALSE(is_same_interpreter("/missing/python", "/missing/python3"));
}

}  // namespace
}  // namespace pysnap::restore
