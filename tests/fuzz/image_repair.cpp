#include "fuzz/image_repair.h"

#include <elf.h>

#include <cstring>

#include "format/checksum.h"

namespace pysnap::tests {

using format::ImageHeader;

void repair_block(unsigned char* block, uint64_t size, uint64_t file_size) {
  if (size < sizeof(ImageHeader)) return;
  auto& header = *reinterpret_cast<ImageHeader*>(block);
  header.magic = format::kImageMagic;
  header.version = format::kImageVersion;
  header.header_size = sizeof header;
  header.metadata_size = size;
  header.file_size = file_size;
  header.metadata_checksum = format::metadata_checksum(block, size);
  header.complete = format::kComplete;
}

bool repair_image(std::vector<unsigned char>& file) {
  Elf64_Ehdr elf;
  if (file.size() < sizeof elf) return false;
  std::memcpy(file.data(), ELFMAG, SELFMAG);
  std::memcpy(&elf, file.data(), sizeof elf);
  const uint64_t offset = format::metadata_offset(elf.e_phnum);
  if (file.size() < offset || file.size() - offset < sizeof(ImageHeader)) return false;

  ImageHeader header;
  std::memcpy(&header, file.data() + offset, sizeof header);
  const uint64_t most = file.size() - offset;
  const bool fits = header.metadata_size >= sizeof header && header.metadata_size <= most;
  const uint64_t size = fits ? header.metadata_size : most;
  header.front_checksum = format::checksum(file.data(), offset);
  std::memcpy(file.data() + offset, &header, sizeof header);
  repair_block(file.data() + offset, size, file.size());
  return true;
}

}  // namespace pysnap::tests
