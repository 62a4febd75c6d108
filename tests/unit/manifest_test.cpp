#include "launcher/manifest.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "unit/sample.h"

namespace pysnap::launcher {
namespace {

using tests::TemporaryDirectory;
using tests::write_file;

constexpr const char* kImage = "0123456789abcdef/0123456789abcdef.image";

ManifestEntry sample_entry() {
  ManifestEntry entry;
  entry.form = "script";
  entry.name = "/app.py";
  entry.arguments = {"-v"};
  entry.interpreter = "/usr/bin/python3";
  entry.python_options = {"-X", "dev"};
  entry.image = kImage;
  entry.digest = "d";
  entry.size = 5;
  entry.modules = 3;
  entry.is_trusted = true;
  entry.files = {"/lib"};
  entry.dependencies = {"/x", "/y"};
  entry.inputs = {{"learned", {"json"}}};
  return entry;
}

TEST_CASE("a manifest is read as it was written") {
  const TemporaryDirectory directory;
  const std::string place = directory.path(".");
  REQUIRE(write_manifest(place, {sample_entry(), {}}, 0640));
  const std::vector<ManifestEntry> entries = read_manifest(place);
  REQUIRE(entries.size() == 1);  // the other one names no image
  CHECK(to_json(entries[0]) == to_json(sample_entry()));
  struct stat status;
  REQUIRE(::stat(directory.path("manifest.json").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK(::access(directory.path("manifest.json.new").c_str(), F_OK) != 0);
}

TEST_CASE("a manifest that is none has no entries") {
  const TemporaryDirectory directory;
  const std::string place = directory.path(".");
  CHECK(read_manifest(place).empty());
  for (const char* text :
       {"", "{", "[]", "7", R"({"version": 2, "programs": []})", R"({"version": "1"})",
        R"({"version": 1, "programs": 7})", R"({"version": 1, "programs": [7, null, {}]})",
        R"({"version": 1, "programs": [{"image": "../../etc/passwd"}]})"}) {
    write_file(directory.path("manifest.json"), text);
    CHECK(read_manifest(place).empty());
  }
}

TEST_CASE("values of another type count as missing") {
  const TemporaryDirectory directory;
  write_file(directory.path("manifest.json"),
             fmt::format(R"({{"version": 1, "programs": [{{"image": "{}", "size": "big",)"
                         R"("program": [], "files": [1], "trusted": 0}}]}})",
                         kImage));
  const std::vector<ManifestEntry> entries = read_manifest(directory.path("."));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].size == 0);
  CHECK(entries[0].files.empty());
}

TEST_CASE("only names that prewarm gives are paths of images") {
  CHECK(is_image_path(kImage));
  for (const char* path :
       {"", "x", "/123456789abcdef/0123456789abcdef.image",
        "0123456789abcdef/../456789abcdef.image", "0123456789abcdef/0123456789ABCDEF.image",
        "0123456789abcdef/0123456789abcdef.imagf", "0123456789abcdef.0123456789abcdef.image"})
    CHECK_FALSE(is_image_path(path));
}

TEST_CASE("the digest of a file is its SHA-256") {
  const TemporaryDirectory directory;
  write_file(directory.path("x"), "abc");
  CHECK(file_digest(directory.path("x")).value() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_FALSE(file_digest(directory.path("missing")));
}

}  // namespace
}  // namespace pysnap::launcher
