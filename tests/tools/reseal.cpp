// reseal IMAGE FIELD VALUE: sets a field of an image's header and seals the image again: damage
// that only the checks of meaning can find. VALUE is a number; FIELD is one of those below.
//
// reseal --layout IMAGE: one line per part of the sealed front, "NAME OFFSET SIZE" in bytes.
#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "format/checksum.h"
#include "launcher/image_file.h"

namespace pysnap::tests {
namespace {

using format::ImageHeader;

struct Field {
  const char* name;
  uint64_t offset;
  uint64_t size;
};

// NOLINTNEXTLINE: only the preprocessor can name a field and measure it.
#define FIELD(path) \
  Field { #path, offsetof(ImageHeader, path), sizeof(ImageHeader::path) }

constexpr Field kFields[] = {
    FIELD(version),
    FIELD(complete),
    FIELD(file_size),
    FIELD(resume_entry),
    FIELD(interpreter),
    {"processor.signature", offsetof(ImageHeader, processor), 4},
    {"processor.features", offsetof(ImageHeader, processor) + 4, 4},
    {"kernel_page.code_size", offsetof(ImageHeader, kernel_page) + 16, 8},
    {"kernel_page.code_checksum", offsetof(ImageHeader, kernel_page) + 24, 8},
};

int complain(const std::string& sentence) {
  fmt::print(stderr, "reseal: {}\n", sentence);
  return 2;
}

int print_layout(const launcher::ImageFile& image) {
  const ImageHeader& header = image.view().header();
  const uint64_t block = image.metadata_offset();
  fmt::print("elf_header 0 64\nprogram_headers 64 {}\n", block - 64);
  fmt::print("header {} {}\n", block, sizeof header);
  const auto table = [&](const char* name, const format::Table& place) {
    fmt::print("{} {} {}\n", name, block + place.offset, uint64_t{place.count} * place.entry_size);
  };
  table("regions", header.regions);
  table("files", header.files);
  table("segments", header.segments);
  table("modules", header.modules);
  table("environment", header.environment);
  table("notices", header.notices);
  table("hot_runs", header.hot_runs);
  table("options", header.options);
  table("strings", header.strings);
  fmt::print("metadata {} {}\n", block, header.metadata_size);
  for (const format::Segment& segment : image.view().segments())
    fmt::print("segment {} {}\n", segment.offset, segment.size);
  return 0;
}

int set(const launcher::ImageFile& image, const std::string& path, const Field& field,
        uint64_t value) {
  std::vector<char> front(image.metadata_offset() + image.view().header().metadata_size);
  std::memcpy(front.data(), image.bytes().data(), front.size());
  char* block = front.data() + image.metadata_offset();
  std::memcpy(block + field.offset, &value, field.size);
  const uint64_t checksum =
      format::metadata_checksum(block, front.size() - image.metadata_offset());
  std::memcpy(block + offsetof(ImageHeader, metadata_checksum), &checksum, sizeof checksum);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.write(front.data(), static_cast<std::streamsize>(front.size()));
  file.flush();
  return file.good() ? 0 : complain(path + " cannot be written");
}

int run(const std::vector<std::string>& arguments) {
  const bool layout = arguments.size() == 2 && arguments[0] == "--layout";
  if (!layout && arguments.size() != 3)
    return complain("use: reseal IMAGE FIELD VALUE, or reseal --layout IMAGE");
  const std::string& path = arguments[layout ? 1 : 0];
  const auto image = launcher::ImageFile::open(path);
  if (!image) return complain(image.error().sentence);
  if (layout) return print_layout(*image);
  for (const Field& field : kFields) {
    if (arguments[1] == field.name)
      return set(*image, path, field, std::stoull(arguments[2], nullptr, 0));
  }
  return complain("there is no field " + arguments[1]);
}

}  // namespace
}  // namespace pysnap::tests

int main(int argc, char** argv) { return pysnap::tests::run({argv + 1, argv + argc}); }
