#include "restore/real_path.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "bare/path.h"
#include "unit/sample.h"

namespace pysnap::restore {
namespace {

using tests::TemporaryDirectory;
using tests::write_file;

std::string real_path(const std::string& path) {
  char real[bare::kLongestPath];
  const bool found = find_real_path(path.c_str(), real);
  CHECK(found == (real[0] != 0));
  return real;
}

// What the C library says; empty: it fails.
std::string expected_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  const std::string text = real == nullptr ? "" : real;
  ::free(real);
  return text;
}

TEST_CASE("paths lead where the C library says, with links of every kind") {
  const TemporaryDirectory directory;
  const auto link = [&directory](const char* target, const char* name) {
    std::filesystem::create_symlink(target, directory.path(name));
  };
  std::filesystem::create_directories(directory.path("a/b"));
  write_file(directory.path("a/b/file"), "");
  link("a/b", "relative");
  link(directory.path("a").c_str(), "absolute");
  link("relative/../b/file", "twice");
  link("../..", "a/b/up");
  link("missing", "dangling");
  link("loop", "loop");
  link("/", "root");
  for (const char* name :
       {"a/b/file", "a//b/./file", "a/../a/b/file", "relative/file", "relative/../b",
        "absolute/b/file", "twice", "a/b/up/relative/file", "dangling", "loop", "loop/x", "root",
        "root/usr/..", "missing", "missing/..", "", "../..", "."}) {
    INFO(name);
    CHECK(real_path(directory.path(name)) == expected_path(directory.path(name)));
  }
  CHECK(real_path("/") == "/");
  CHECK(real_path("/..//.") == "/");
}

TEST_CASE("a relative path counts from the working directory") {
  const TemporaryDirectory directory;
  const std::string before = std::filesystem::current_path();
  write_file(directory.path("file"), "");
  REQUIRE(::chdir(directory.path(".").c_str()) == 0);
  for (const char* name : {"file", "./file", "../", ".."})
    CHECK(real_path(name) == expected_path(name));
  REQUIRE(::chdir("/") == 0);
  CHECK(real_path("usr") == "/usr");
  REQUIRE(::chdir(before.c_str()) == 0);
}

TEST_CASE("a path that is too long leads nowhere") {
  CHECK(real_path("/" + std::string(5000, 'x')) == "");
  CHECK(real_path(std::string(4000, '/') + "usr") == "/usr");
}

}  // namespace
}  // namespace pysnap::restore
