#include "restore/fitness.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "format/checksum.h"
#include "snapshot/original_file.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using restore::Fitness;

// Stands for the kernel's time functions.
alignas(kPage) const char kCode[kPage] = "code";

// A launch of the sample image on this machine: its files exist, its kernel page is ours.
class Launch {
 public:
  Launch() {
    snapshot_ = sample_snapshot();
    contents_ = sample_contents();
    contents_.dependencies.clear();
    for (size_t i = 0; i < snapshot_.files.size(); ++i) {
      const std::string path = directory_.path("file" + std::to_string(i));
      write_file(path, "library " + std::to_string(i));
      snapshot_.files[i].original = *snapshot::identify_file(path);
    }
    contents_.interpreter_file = snapshot_.files[0].original.path;
    contents_.startup = {{"LANG", "C.UTF-8"}, {"PYTHONPATH", std::nullopt}, {"LC_ALL", ""}};
    snapshot_.kernel_page.code_size = kPage;
    snapshot_.kernel_page.code_checksum = format::checksum(kCode, kPage);
    environment = {"PATH=/bin", "LANG=C.UTF-8", "LC_ALL="};
  }

  Fitness check() {
    elf_writer::Metadata metadata = sealed_metadata(snapshot_, contents_);
    std::vector<char*> pointers;
    for (std::string& variable : environment) pointers.push_back(variable.data());
    pointers.push_back(nullptr);
    bare::AuxiliaryEntry auxiliary[] = {{AT_SYSINFO_EHDR, code_address}, {AT_NULL, 0}};
    char* no_arguments[] = {nullptr};
    const bare::ProcessStart start = {0, no_arguments, pointers.data(), auxiliary};
    const auto files = std::make_unique<restore::OpenFiles>();
    bare::Message message;
    const Fitness fitness = restore::check_fitness(format::ImageView(metadata.bytes().data()),
                                                   start, surroundings, *files, message);
    explanation = message.text();
    if (fitness == Fitness::kFits) {
      for (size_t i = 0; i < snapshot_.files.size(); ++i) {
        if (files->descriptors[i] >= 0) ::close(files->descriptors[i]);
      }
    }
    return fitness;
  }

  bool explains(const std::string& part) const {
    return explanation.find(part) != std::string::npos;
  }
  std::string file(size_t index) const { return snapshot_.files[index].original.path; }
  snapshot::Snapshot& snapshot() { return snapshot_; }
  elf_writer::ImageContents& contents() { return contents_; }

  std::vector<std::string> environment;
  restore::Surroundings surroundings = restore::Surroundings::kCompared;
  std::string explanation;
  uint64_t code_address = reinterpret_cast<uint64_t>(kCode);

 private:
  TemporaryDirectory directory_;
  snapshot::Snapshot snapshot_;
  elf_writer::ImageContents contents_;
};

TEST_CASE("an image fits where nothing has changed") {
  Launch launch;
  CHECK(launch.check() == Fitness::kFits);
  CHECK(launch.explanation.empty());
}

TEST_CASE("a start-up variable with another value means plain Python") {
  Launch launch;
  launch.environment[1] = "LANG=C";
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explanation == "the variable LANG is C, the image was built with C.UTF-8");
}

TEST_CASE("a start-up variable that is set now and was not then means plain Python") {
  Launch launch;
  launch.environment.emplace_back("PYTHONPATH=/modules");
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explains("PYTHONPATH"));
  CHECK(launch.explains("not set"));
}

TEST_CASE("a variable of Python that is set to nothing counts as not set") {
  Launch launch;
  launch.environment.push_back("PYTHONPATH=");
  CHECK(launch.check() == Fitness::kFits);
}

TEST_CASE("a start-up variable that was empty then and is not set now means plain Python") {
  Launch launch;
  launch.environment.pop_back();
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explains("LC_ALL"));
}

TEST_CASE("an image that depends on the working directory fits in that directory only") {
  Launch launch;
  launch.contents().startup.push_back(
      {"module", std::filesystem::current_path().string(), elf_writer::Comparison::kDirectory});
  CHECK(launch.check() == Fitness::kFits);
  launch.contents().startup.back().value = "/elsewhere";
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explanation ==
        "module looks at the working directory, which was /elsewhere at the build");
}

TEST_CASE("a name that was not in the working directory must not be there") {
  Launch launch;
  launch.contents().startup.push_back({"module", "no such file", elf_writer::Comparison::kAbsent});
  CHECK(launch.check() == Fitness::kFits);
  launch.contents().startup.back().value = ".";
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explains("module looks in the working directory for ., which was not there"));
}

TEST_CASE("a variable that is kept by its digest is compared and not shown") {
  Launch launch;
  launch.contents().startup.push_back({"TOKEN", "secret", elf_writer::Comparison::kDigest});
  launch.environment.push_back("TOKEN=secret");
  CHECK(launch.check() == Fitness::kFits);
  launch.environment.back() = "TOKEN=other";
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explanation ==
        "the variable TOKEN is another, the image was built with a value that it does not show");
  launch.environment.pop_back();
  CHECK(launch.check() == Fitness::kOtherStartup);
  CHECK(launch.explains("the variable TOKEN is not set"));
}

TEST_CASE("an image that is launched anywhere fits in all surroundings, and not on all machines") {
  Launch launch;
  launch.contents().startup.push_back({"module", "/elsewhere", elf_writer::Comparison::kDirectory});
  launch.environment[1] = "LANG=C";
  launch.surroundings = restore::Surroundings::kIgnored;
  CHECK(launch.check() == Fitness::kFits);
  launch.code_address = 0;
  CHECK(launch.check() == Fitness::kUnfit);
}

TEST_CASE("a variable that is ignored does not matter") {
  Launch launch;
  launch.contents().startup[0].comparison = elf_writer::Comparison::kNone;
  launch.environment[1] = "LANG=C";
  CHECK(launch.check() == Fitness::kFits);
}

TEST_CASE("other variables do not matter") {
  Launch launch;
  launch.environment.push_back("LANGUAGE=de");
  launch.environment.push_back("LAN=x");
  launch.environment.push_back("strange");
  CHECK(launch.check() == Fitness::kFits);
}

TEST_CASE("an image of another processor is unfit") {
  Launch launch;
  launch.snapshot().processor.features[2] ^= 1;
  CHECK(launch.check() == Fitness::kUnfit);
  CHECK(launch.explains("another processor"));
}

TEST_CASE("an image of another kernel is unfit") {
  Launch launch;
  launch.snapshot().kernel_page.code_checksum ^= 1;
  CHECK(launch.check() == Fitness::kUnfit);
  CHECK(launch.explains("another kernel"));
}

TEST_CASE("an image of a kernel with longer time functions is unfit, without a look behind ours") {
  Launch launch;
  void* two = ::mmap(nullptr, 2 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(two != MAP_FAILED);
  launch.code_address = reinterpret_cast<uint64_t>(two);
  REQUIRE(::munmap(reinterpret_cast<void*>(launch.code_address + kPage), kPage) == 0);
  launch.snapshot().kernel_page.code_size = 2 * kPage;
  CHECK(launch.check() == Fitness::kUnfit);
  CHECK(launch.explains("another kernel"));
  ::munmap(two, kPage);
}

TEST_CASE("a library that has changed makes the image unfit, by name") {
  Launch launch;
  write_file(launch.file(1), "library with other code");
  CHECK(launch.check() == Fitness::kUnfit);
  CHECK(launch.explains(launch.file(1)));
  CHECK(launch.explains("has changed"));
}

TEST_CASE("a library of the same size that was written again makes the image unfit") {
  Launch launch;
  const struct timespec times[2] = {{1, 0}, {1, 0}};
  REQUIRE(::utimensat(AT_FDCWD, launch.file(1).c_str(), times, 0) == 0);
  CHECK(launch.check() == Fitness::kUnfit);
}

TEST_CASE("a source that has changed makes the image unfit, by name") {
  Launch launch;
  launch.contents().dependencies = {{"/etc/passwd", {format::DependencyKind::kMissing}, {}}};
  CHECK(launch.check() == Fitness::kUnfit);
  CHECK(launch.explains("/etc/passwd has changed"));
}

TEST_CASE("a library that is gone makes the image unfit, copied or mapped") {
  for (const auto role : {format::FileRole::kMapped, format::FileRole::kCopied}) {
    Launch launch;
    launch.snapshot().files[1].role = role;
    ::unlink(launch.file(1).c_str());
    CHECK(launch.check() == Fitness::kUnfit);
    CHECK(launch.explains(launch.file(1)));
  }
}

}  // namespace
}  // namespace pysnap::tests
