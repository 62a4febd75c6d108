#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "launcher/dependencies.h"
#include "launcher/image_dependencies.h"
#include "restore/dependencies.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using elf_writer::Dependency;
using format::DependencyKind;

// A directory, and an image that depends on paths in it as they are when they are named.
class Dependents {
 public:
  std::string path(const std::string& name) const {
    const std::string path = directory_.path(name);
    return name.empty() ? path.substr(0, path.size() - 1) : path;
  }
  void write(const std::string& name, const std::string& text) { write_file(path(name), text); }

  void depend_on(const std::string& name) {
    launcher::FileState state = launcher::examine_path(path(name));
    state.digest = launcher::digest_of_file(path(name));
    contents.dependencies.push_back({path(name), state, {}});
  }

  // As the boot would have listed it.
  void depend_on_names(const std::string& name, const std::set<std::string>& modules) {
    launcher::DependencyFacts facts;
    launcher::AccessedPaths accessed;
    accessed[path(name)].then = launcher::examine_path(path(name));
    accessed[path(name)].was_reached = true;
    accessed[path(name)].listings = 1;
    accessed[path(name)].names = launcher::names_in(path(name));
    facts.paths = launcher::look_again(accessed, {});
    facts.searched[path(name)] = {true, 1, modules};
    contents.dependencies.push_back(dependencies_of(facts).kept.front());
  }

  bool agree() {
    elf_writer::Metadata metadata = sealed_metadata(sample_snapshot(), contents);
    const format::ImageView view(metadata.bytes().data());
    REQUIRE(format::ImageView::check(metadata.bytes().data(), metadata.size(), kSampleFileSize) ==
            format::RejectReason::kNone);
    bare::Message message;
    const bool result = restore::dependencies_agree(view, message);
    explanation = message.text();
    CHECK(result == explanation.empty());
    return result;
  }

  elf_writer::ImageContents contents = [] {
    elf_writer::ImageContents made = sample_contents();
    made.dependencies.clear();
    return made;
  }();
  std::string explanation;

 private:
  TemporaryDirectory directory_;
};

TEST_CASE("dependencies agree while nothing changes") {
  Dependents image;
  std::filesystem::create_directory(image.path("folder"));
  for (const char* name : {"a", "b", "c", "d", "e"}) image.write(name, "text");
  for (const char* name : {"a", "b", "c", "d", "e", "folder", "missing", "missing/x"})
    image.depend_on(name);
  image.depend_on_names("", {"a"});
  CHECK(image.agree());
  image.contents.dependencies.clear();
  CHECK(image.agree());
}

TEST_CASE("a changed file is explained with what it was and what it is") {
  Dependents image;
  image.write("a", "text");
  const struct timespec then[2] = {{5, 7}, {1000, 7}};
  REQUIRE(::utimensat(AT_FDCWD, image.path("a").c_str(), then, 0) == 0);
  image.depend_on("a");
  image.write("a", "more text");
  const struct timespec now[2] = {{5, 7}, {2000, 123456789}};
  REQUIRE(::utimensat(AT_FDCWD, image.path("a").c_str(), now, 0) == 0);
  CHECK_FALSE(image.agree());
  CHECK_THAT(image.explanation,
             Catch::StartsWith("the file " + image.path("a") +
                               " has changed since the image was built: it was 4 bytes of "
                               "1000.000000007 (inode "));
  CHECK_THAT(image.explanation, Catch::Contains(" and is 9 bytes of 2000.123456789 (inode "));
}

TEST_CASE("size, time and inode count, each alone") {
  Dependents image;
  image.write("a", "text");
  image.depend_on("a");
  launcher::FileState& kept = image.contents.dependencies[0].state;
  for (const auto change : {0, 1, 2, 3}) {
    const launcher::FileState whole = kept;
    if (change == 0) ++kept.size;
    if (change == 1) ++kept.inode;
    if (change == 2) ++kept.modified_seconds;
    if (change == 3) kept.modified_nanoseconds ^= 1;
    CHECK_FALSE(image.agree());
    kept = whole;
  }
  CHECK(image.agree());
}

TEST_CASE("another time of change alone counts when the bytes are others, or are not known") {
  Dependents image;
  image.write("a", "text");
  image.depend_on("a");
  launcher::FileState& kept = image.contents.dependencies[0].state;
  const uint64_t digest = kept.digest;
  kept.changed_nanoseconds = format::kNoTime;
  CHECK(image.agree());
  for (const uint64_t other : {uint64_t{0}, digest + 1}) {
    kept.digest = other;
    CHECK_FALSE(image.agree());
    CHECK_THAT(image.explanation, Catch::EndsWith(", with other bytes"));
  }
  --kept.changed_seconds;
  kept.digest = digest;
  CHECK(image.agree());
}

TEST_CASE(
    "a directory with the old time of modification is listed when its time of change differs") {
  Dependents image;
  image.write("a.py", "");
  image.depend_on_names("", {"a", "b"});
  struct stat before;
  REQUIRE(::stat(image.path("").c_str(), &before) == 0);
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  image.write("b.py", "");
  REQUIRE(::utimensat(AT_FDCWD, image.path("").c_str(), times, 0) == 0);
  CHECK_FALSE(image.agree());
}

TEST_CASE("a path that appears, goes or becomes something else is explained") {
  Dependents image;
  image.depend_on("a");
  image.write("a", "");
  CHECK_FALSE(image.agree());
  CHECK(image.explanation == "the file " + image.path("a") +
                                 " has changed since the image was built: it was missing and is a "
                                 "file");
  image.contents.dependencies.clear();
  image.depend_on("a");
  std::filesystem::remove(image.path("a"));
  std::filesystem::create_directory(image.path("a"));
  CHECK_FALSE(image.agree());
  CHECK_THAT(image.explanation, Catch::EndsWith("it was a file and is a directory"));
}

TEST_CASE("what lies in a directory that is gone is missing") {
  Dependents image;
  std::filesystem::create_directory(image.path("folder"));
  for (const char* name : {"folder/a", "folder/b", "folder/c", "folder/d"}) image.write(name, "");
  for (const char* name : {"folder/a", "folder/b", "folder/c", "folder/d", "folder/e"})
    image.depend_on(name);
  CHECK(image.agree());
  std::filesystem::remove_all(image.path("folder"));
  CHECK_FALSE(image.agree());
  CHECK_THAT(image.explanation, Catch::Contains(image.path("folder/a") + " has changed"));
}

TEST_CASE("a directory with another time agrees while the names that matter are the same") {
  Dependents image;
  image.write("a.py", "");
  image.depend_on_names("", {"a", "b"});
  image.write("output.csv", "");
  for (int i = 0; i < 2000; ++i)
    image.write("result" + std::to_string(i) + ".with.a.long.name", "");
  CHECK(image.agree());
  image.write("b.py", "");
  CHECK_FALSE(image.agree());
  CHECK_THAT(image.explanation, Catch::EndsWith(" has other entries that matter than when the "
                                                "image was built"));
  std::filesystem::remove(image.path("b.py"));
  CHECK(image.agree());
  std::filesystem::remove(image.path("a.py"));
  CHECK_FALSE(image.agree());
}

TEST_CASE("nothing is compared of a trusted image and of one whose dependencies are unknown") {
  for (const uint32_t flag : {format::kTrusted, format::kDependenciesUnknown}) {
    Dependents image;
    image.depend_on("a");
    image.write("a", "");
    CHECK_FALSE(image.agree());
    image.contents.flags = flag;
    CHECK(image.agree());
  }
}

TEST_CASE("dependencies read back as they were written") {
  elf_writer::Metadata metadata = sealed_metadata();
  const format::ImageView view(metadata.bytes().data());
  const std::vector<Dependency> written = sample_contents().dependencies;
  const std::vector<Dependency> read = launcher::dependencies_of(view);
  REQUIRE(read.size() == written.size());
  for (size_t i = 0; i < read.size(); ++i) {
    CHECK(read[i].path == written[i].path);
    CHECK(read[i].state.kind == written[i].state.kind);
    CHECK(read[i].state.size == written[i].state.size);
    CHECK(read[i].state.inode == written[i].state.inode);
    CHECK(read[i].state.modified_nanoseconds == written[i].state.modified_nanoseconds);
    CHECK(read[i].state.changed_seconds == written[i].state.changed_seconds);
    CHECK(read[i].state.changed_nanoseconds == written[i].state.changed_nanoseconds);
    CHECK(read[i].state.digest == written[i].state.digest);
    CHECK(read[i].listing.rules == written[i].listing.rules);
    CHECK(read[i].listing.stems == written[i].listing.stems);
    CHECK(read[i].listing.digest == written[i].listing.digest);
  }
  CHECK(view.stems().count == 3);  // the names of two directories, once
  CHECK(view.folders().count == 2);
}

TEST_CASE("dependencies that do not hang together are rejected") {
  using format::RejectReason;
  const auto reason_after = [](const auto& change) {
    elf_writer::Metadata metadata = sealed_metadata();
    std::byte* block = metadata.bytes().data();
    format::ImageHeader& header = metadata.header();
    change(header, reinterpret_cast<format::Dependency*>(block + header.dependencies.offset),
           reinterpret_cast<format::DependencyFolder*>(block + header.folders.offset),
           reinterpret_cast<format::Listing*>(block + header.listings.offset));
    return format::ImageView::check(block, metadata.size(), kSampleFileSize);
  };
  CHECK(reason_after([](auto&, auto*, auto*, auto*) {}) == RejectReason::kNone);
  CHECK(reason_after([](auto& header, auto*, auto*, auto*) {
          header.dependencies.count = 1 << 30;
        }) == RejectReason::kTableOutside);
  CHECK(reason_after([](auto& header, auto*, auto*, auto*) { header.stems.offset += 4; }) ==
        RejectReason::kTableOutside);
  CHECK(reason_after([](auto&, auto* entry, auto*, auto*) { entry[1].name = 1 << 20; }) ==
        RejectReason::kStringOutside);
  CHECK(reason_after([](auto&, auto*, auto* folder, auto*) { folder[1].path = 1 << 20; }) ==
        RejectReason::kStringOutside);
  CHECK(reason_after([](auto&, auto*, auto* folder, auto*) { ++folder[0].count; }) ==
        RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto*, auto* folder, auto*) {
          folder[0].count = 0xffffffff;  // with the other, 6 in 32 bits
          folder[1].count = 7;
        }) == RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto* entry, auto*, auto*) { entry[0].kind = DependencyKind{}; }) ==
        RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto* entry, auto*, auto*) { entry[0].listing = 1; }) ==
        RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto* entry, auto*, auto*) { entry[2].listing = 3; }) ==
        RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto* entry, auto*, auto*) { entry[2].listing = 0; }) ==
        RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto*, auto*, auto* listing) { listing[0].first_stem = 4; }) ==
        RejectReason::kBadIndex);
  CHECK(reason_after([](auto&, auto*, auto*, auto* listing) { listing[1].stem_count = 4; }) ==
        RejectReason::kBadIndex);
}

}  // namespace
}  // namespace pysnap::tests
