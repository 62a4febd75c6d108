#include "elf_writer/elf_output.h"

#include <gelf.h>
#include <libelf.h>

#include <memory>

namespace pysnap::elf_writer {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

tl::unexpected<Error> elf_error(const char* what) {
  return support::fail(
      Error::because(ErrorKind::kFailed, fmt::format("{}: {}", what, elf_errmsg(elf_errno()))));
}

// Section names with a terminator each; the first is empty.
struct NameTable {
  std::string bytes = std::string(1, '\0');
  uint32_t add(const std::string& name) {
    const auto at = static_cast<uint32_t>(bytes.size());
    bytes.append(name.c_str(), name.size() + 1);
    return at;
  }
};

Status add_section(Elf* elf, const ElfSection& section, uint32_t name) {
  Elf_Scn* handle = elf_newscn(elf);
  if (handle == nullptr) return elf_error("a section cannot be added");
  uint64_t size = 0;
  for (const auto& piece : section.pieces) {
    Elf_Data* data = elf_newdata(handle);
    if (data == nullptr) return elf_error("a section cannot be filled");
    data->d_buf = const_cast<std::byte*>(piece.data());
    data->d_size = piece.size();
    data->d_off = static_cast<int64_t>(size);
    data->d_align = 1;
    data->d_type = ELF_T_BYTE;
    size += piece.size();
  }
  if (section.type == SHT_NOBITS) {
    Elf_Data* data = elf_newdata(handle);
    if (data == nullptr) return elf_error("a section cannot be filled");
    data->d_size = section.size;
    data->d_align = 1;
    size = section.size;
  }
  GElf_Shdr header = {};
  header.sh_name = name;
  header.sh_type = section.type;
  header.sh_flags = section.flags;
  header.sh_addr = section.address;
  header.sh_offset = section.offset;
  header.sh_size = size;
  header.sh_addralign = section.alignment;
  if (gelf_update_shdr(handle, &header) == 0) return elf_error("a section cannot be described");
  return {};
}

Status add_segments(Elf* elf, const std::vector<ElfSegment>& segments) {
  if (gelf_newphdr(elf, segments.size()) == nullptr) return elf_error("too many segments");
  int index = 0;
  for (const ElfSegment& segment : segments) {
    GElf_Phdr header = {};
    header.p_type = segment.type;
    header.p_flags = segment.flags;
    header.p_offset = segment.offset;
    header.p_vaddr = segment.address;
    header.p_paddr = segment.address;
    header.p_filesz = segment.file_size;
    header.p_memsz = segment.memory_size;
    header.p_align = segment.alignment;
    if (gelf_update_phdr(elf, index++, &header) == 0)
      return elf_error("a segment cannot be described");
  }
  return {};
}

Status add_header(Elf* elf, const ElfFile& file, uint64_t sections_offset) {
  GElf_Ehdr header = {};
  if (gelf_newehdr(elf, ELFCLASS64) == nullptr || gelf_getehdr(elf, &header) == nullptr)
    return elf_error("the file header cannot be made");
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_entry = file.entry;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_shoff = sections_offset;
  header.e_shstrndx = static_cast<uint16_t>(file.sections.size() + 1);
  if (gelf_update_ehdr(elf, &header) == 0) return elf_error("the file header cannot be set");
  return {};
}

}  // namespace

Result<uint64_t> write_elf(const ElfFile& file, const support::File& output) {
  if (elf_version(EV_CURRENT) == EV_NONE) return elf_error("libelf is too old");
  const ElfHandle elf(elf_begin(output.descriptor(), ELF_C_WRITE, nullptr));
  if (elf == nullptr) return elf_error("the image cannot be written");
  elf_flagelf(elf.get(), ELF_C_SET, ELF_F_LAYOUT);

  NameTable names;
  std::vector<uint32_t> name_offsets;
  for (const ElfSection& section : file.sections) name_offsets.push_back(names.add(section.name));
  const uint32_t own_name = names.add(".shstrtab");
  const uint64_t sections_offset = (file.names_offset + names.bytes.size() + 7) & ~uint64_t{7};

  if (const Status done = add_header(elf.get(), file, sections_offset); !done)
    return support::fail(done.error());
  if (const Status done = add_segments(elf.get(), file.segments); !done)
    return support::fail(done.error());
  for (size_t i = 0; i < file.sections.size(); ++i) {
    if (const Status done = add_section(elf.get(), file.sections[i], name_offsets[i]); !done)
      return support::fail(done.error());
  }
  ElfSection own = {};
  own.type = SHT_STRTAB;
  own.offset = file.names_offset;
  own.pieces = {std::as_bytes(std::span(names.bytes))};
  if (const Status done = add_section(elf.get(), own, own_name); !done)
    return support::fail(done.error());
  errno = 0;
  const int64_t size = elf_update(elf.get(), ELF_C_WRITE);
  // libelf says no more than that it could not write; the system's reason is still in errno.
  if (size < 0 && errno != 0)
    return support::fail(Error::from_errno("the image cannot be written"));
  if (size < 0) return elf_error("the image cannot be written");
  return static_cast<uint64_t>(size);
}

}  // namespace pysnap::elf_writer
