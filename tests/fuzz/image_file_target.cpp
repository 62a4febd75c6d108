// Any bytes as an image file, as they are and with the seals repaired: the restorer and the
// commands agree whether it is one, and whatever passes is safe to explain, verify and compare.
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "fuzz/expect.h"
#include "fuzz/image_repair.h"
#include "fuzz/memory_file.h"
#include "fuzz/table_mutator.h"
#include "fuzz/view_walk.h"
#include "launcher/image_file.h"
#include "launcher/inspect_command.h"
#include "restore/fitness.h"
#include "restore/interpreter_name.h"
#include "restore/open_image.h"

namespace pysnap::tests {
namespace {

using format::ImageView;

uint64_t block_offset(const uint8_t* data, size_t size) {
  Elf64_Ehdr elf = {};
  if (size >= sizeof elf) std::memcpy(&elf, data, sizeof elf);
  return format::metadata_offset(elf.e_phnum);
}

// Gives back what a launch leaves to the process's end.
class RestorersImage {
 public:
  RestorersImage(const std::string& path, const unsigned char* file, size_t size)
      : image_(restore::open_image(path.c_str())) {
    if (image_.metadata == nullptr) return;
    const uint64_t offset = block_offset(file, size);
    mapping_ = const_cast<char*>(static_cast<const char*>(image_.metadata)) - offset;
    std::memcpy(&block_size_, file + offset + offsetof(format::ImageHeader, metadata_size),
                sizeof block_size_);
    size_ = offset + block_size_;
  }
  RestorersImage(const RestorersImage&) = delete;
  RestorersImage& operator=(const RestorersImage&) = delete;
  ~RestorersImage() {
    if (mapping_ != nullptr) ::munmap(mapping_, size_);
    if (image_.descriptor >= 0) ::close(image_.descriptor);
  }
  const restore::OpenImage& image() const { return image_; }
  uint64_t block_size() const { return block_size_; }

 private:
  restore::OpenImage image_;
  char* mapping_ = nullptr;
  uint64_t size_ = 0;
  uint64_t block_size_ = 0;
};

// A launch opens the files that an image names. Here only those that cannot do anything.
bool names_harmless_files(const ImageView& view) {
  for (const format::File& file : view.files()) {
    const std::string_view path = view.string(file.path);
    if (!path.starts_with("/usr/") || path.find("..") != std::string_view::npos) return false;
  }
  return true;
}

// Every question that a launch asks before it maps anything.
void compare_with_launch(const ImageView& view) {
  static char language[] = "LANG=C.UTF-8";
  static char option[] = "-E";
  char* arguments[] = {option, option, nullptr};
  char* variables[] = {language, nullptr};
  bare::AuxiliaryEntry auxiliary[] = {{AT_SYSINFO_EHDR, ::getauxval(AT_SYSINFO_EHDR)}, {0, 0}};
  const bare::ProcessStart start = {2, arguments, variables, auxiliary};
  restore::LaunchOptions options;
  restore::parse_options(start, options);
  if (restore::takes_own_program(view.header(), options))
    restore::use_own_program(view, start, options);
  restore::why_not_options(view, options, variables);
  restore::ignores_environment(view);
  restore::why_not_for_link("/usr/bin/python3.11", view);
  if (!names_harmless_files(view)) return;
  static restore::OpenFiles files;
  for (int& descriptor : files.descriptors) descriptor = -1;
  bare::Message explanation;
  restore::check_fitness(view, start, restore::Surroundings::kCompared, files, explanation);
  for (const int descriptor : files.descriptors) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

void try_file(const unsigned char* bytes, size_t size) {
  const MemoryFile file(bytes, size);
  const RestorersImage launch(file.path(), bytes, size);
  const auto command = launcher::ImageFile::open(file.path());
  expect(command.has_value() == (launch.image().reason == nullptr),
         "a launch and the commands agree what an image is");
  if (!command) {
    expect(command.error().sentence.find(file.path()) != std::string::npos,
           "the sentence names the image");
    return;
  }
  expect(walk(launch.image().view(), launch.block_size()) ==
             walk(command->view(), launch.block_size()),
         "a launch and the commands read the same");
  launcher::inspect(file.path(), launcher::OutputForm::kJson);
  launcher::inspect(file.path(), launcher::OutputForm::kText);
  launcher::verify(file.path());
  compare_with_launch(launch.image().view());
}

}  // namespace
}  // namespace pysnap::tests

// What the commands print is not looked at.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  pysnap::tests::expect(std::freopen("/dev/null", "w", stdout) != nullptr, "output can be dropped");
  return 0;
}

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  if (seed % 4 != 0) return LLVMFuzzerMutate(data, size, most);
  pysnap::tests::mutate_tables(data, size, pysnap::tests::block_offset(data, size), seed);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pysnap;
  tests::try_file(data, size);
  std::vector<unsigned char> repaired(data, data + size);
  if (tests::repair_image(repaired)) tests::try_file(repaired.data(), repaired.size());
  return 0;
}
