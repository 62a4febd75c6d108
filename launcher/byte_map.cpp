#include "launcher/byte_map.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace pysnap::launcher {
namespace {

template <typename T>
T read_record(std::span<const std::byte> bytes, uint64_t offset) {
  T record = {};
  if (offset <= bytes.size() && sizeof record <= bytes.size() - offset)
    std::memcpy(&record, bytes.data() + offset, sizeof record);
  return record;
}

std::string name_at(std::span<const std::byte> bytes, uint64_t offset) {
  std::string name;
  for (; offset < bytes.size() && bytes[offset] != std::byte{0}; ++offset)
    name += static_cast<char>(bytes[offset]);
  return name;
}

// What the ELF headers name, by the sections that have bytes in the file.
std::vector<LabelledRange> parts_of(const ImageFile& image) {
  const auto bytes = image.bytes();
  const auto header = read_record<Elf64_Ehdr>(bytes, 0);
  std::vector<LabelledRange> parts = {
      {0, sizeof header, "ELF header"},
      {header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr), "program headers"},
      {header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr), "section headers"},
  };
  const auto section_at = [&](uint64_t index) {
    return read_record<Elf64_Shdr>(bytes, header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  const Elf64_Shdr names = section_at(header.e_shstrndx);
  for (uint64_t i = 1; i < header.e_shnum; ++i) {
    const Elf64_Shdr section = section_at(i);
    if (section.sh_type == SHT_NOBITS || section.sh_size == 0) continue;
    parts.push_back(
        {section.sh_offset, section.sh_size, name_at(bytes, names.sh_offset + section.sh_name)});
  }
  std::sort(parts.begin(), parts.end(),
            [](const LabelledRange& a, const LabelledRange& b) { return a.offset < b.offset; });
  return parts;
}

}  // namespace

std::vector<LabelledRange> label_bytes(const ImageFile& image) {
  std::vector<LabelledRange> labelled;
  const uint64_t file_size = image.bytes().size();
  uint64_t end = 0;
  const auto fill_until = [&](uint64_t offset) {
    if (offset > end) labelled.push_back({end, offset - end, "padding"});
  };
  for (const LabelledRange& part : parts_of(image)) {
    fill_until(part.offset);
    labelled.push_back(part);
    end = part.offset + part.size;
  }
  fill_until(file_size);
  return labelled;
}

}  // namespace pysnap::launcher
