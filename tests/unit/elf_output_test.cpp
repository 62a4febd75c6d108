#include "elf_writer/elf_output.h"

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using elf_writer::ElfFile;
using elf_writer::ElfSection;

ElfFile small_file(const std::string& bytes) {
  ElfFile elf;
  elf.entry = 0x400000;
  elf.segments = {{PT_LOAD, PF_R, 0x1000, 0x400000, bytes.size(), bytes.size(), 0x1000},
                  {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 16}};
  ElfSection data;
  data.name = ".data.sample";
  data.type = SHT_PROGBITS;
  data.flags = SHF_ALLOC | SHF_WRITE;
  data.address = 0x400000;
  data.offset = 0x1000;
  data.alignment = 16;
  const auto view = std::as_bytes(std::span(bytes));
  data.pieces = {view.first(3), view.subspan(3)};
  elf.sections.push_back(data);
  ElfSection zero;
  zero.name = ".zero.sample";
  zero.type = SHT_NOBITS;
  zero.flags = SHF_ALLOC;
  zero.address = 0x410000;
  zero.offset = 0x1000 + bytes.size();
  zero.size = 0x123;
  elf.sections.push_back(zero);
  elf.names_offset = 0x1000 + bytes.size();
  return elf;
}

class OpenedElf {
 public:
  explicit OpenedElf(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY)),
        elf_(elf_begin(descriptor_, ELF_C_READ, nullptr)) {
    REQUIRE(elf_ != nullptr);
    gelf_getehdr(elf_, &header);
  }
  OpenedElf(const OpenedElf&) = delete;
  OpenedElf& operator=(const OpenedElf&) = delete;
  ~OpenedElf() {
    elf_end(elf_);
    ::close(descriptor_);
  }
  GElf_Shdr section(size_t index) const {
    GElf_Shdr result = {};
    REQUIRE(gelf_getshdr(elf_getscn(elf_, index), &result) != nullptr);
    return result;
  }
  std::string name(size_t index) const {
    return elf_strptr(elf_, header.e_shstrndx, section(index).sh_name);
  }
  GElf_Phdr segment(int index) const {
    GElf_Phdr result = {};
    REQUIRE(gelf_getphdr(elf_, index, &result) != nullptr);
    return result;
  }
  GElf_Ehdr header = {};

 private:
  int descriptor_;
  Elf* elf_;
};

std::string write_small(const TemporaryDirectory& directory, const std::string& bytes) {
  const std::string path = directory.path("sample.elf");
  const auto file = support::File::create_new(path, 0600);
  REQUIRE(file);
  const auto size = elf_writer::write_elf(small_file(bytes), *file);
  REQUIRE(size);
  CHECK(*size == read_file(path).size());
  return path;
}

TEST_CASE("libelf reads what was written") {
  const TemporaryDirectory directory;
  const OpenedElf elf(write_small(directory, "some bytes"));
  CHECK(elf.header.e_type == ET_EXEC);
  CHECK(elf.header.e_machine == EM_X86_64);
  CHECK(elf.header.e_entry == 0x400000);
  REQUIRE(elf.header.e_phnum == 2);
  CHECK(elf.segment(0).p_type == PT_LOAD);
  CHECK(elf.segment(0).p_offset == 0x1000);
  CHECK(elf.segment(0).p_vaddr == 0x400000);
  CHECK(elf.segment(1).p_flags == (PF_R | PF_W));
  REQUIRE(elf.header.e_shnum == 4);
  CHECK(elf.name(1) == ".data.sample");
  CHECK(elf.section(1).sh_flags == (SHF_ALLOC | SHF_WRITE));
  CHECK(elf.section(1).sh_size == 10);
  CHECK(elf.name(2) == ".zero.sample");
  CHECK(elf.section(2).sh_type == SHT_NOBITS);
  CHECK(elf.section(2).sh_size == 0x123);
  CHECK(elf.name(3) == ".shstrtab");
}

TEST_CASE("the pieces of a section lie one after the other at its offset") {
  const TemporaryDirectory directory;
  const std::string path = write_small(directory, "some bytes");
  CHECK(read_file(path).substr(0x1000, 10) == "some bytes");
}

TEST_CASE("a file that cannot be written to is a failure") {
  const TemporaryDirectory directory;
  write_file(directory.path("read-only"), "");
  const auto file = support::File::open_read(directory.path("read-only"));
  REQUIRE(file);
  const auto size = elf_writer::write_elf(small_file("some bytes"), *file);
  REQUIRE_FALSE(size);
  CHECK(size.error().kind == support::ErrorKind::kFailed);
}

}  // namespace
}  // namespace pysnap::tests
