#include "launcher/owners.h"

#include <elf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

#include "format/arena_layout.h"
#include "launcher/child_process.h"
#include "launcher/image_file.h"
#include "launcher/startup_variables.h"
#include "support/parse.h"

// From launcher/embedded_programs.S.
extern "C" const char pysnap_owners_program[];

namespace pysnap::launcher {
namespace {

using format::RegionKind;
using support::Error;
using support::ErrorKind;
using support::Result;

// For images of hundreds of thousands of objects; a walk that takes longer is cut off.
constexpr int kMostSeconds = 60;
constexpr char kFieldEnd = '\x1f';

// How much memory a library takes from its first address on, by its program headers; 0: unknown.
uint64_t extent_of(const std::string& path) {
  const Result<support::MappedFile> file = support::MappedFile::map(path);
  Elf64_Ehdr header;
  if (!file || file->bytes().size() < sizeof header) return 0;
  const auto bytes = file->bytes();
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return 0;
  uint64_t low = ~uint64_t{0};
  uint64_t high = 0;
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const uint64_t at = header.e_phoff + i * sizeof segment;
    if (at > bytes.size() || sizeof segment > bytes.size() - at) return 0;
    std::memcpy(&segment, bytes.data() + at, sizeof segment);
    if (segment.p_type != PT_LOAD) continue;
    low = std::min(low, segment.p_vaddr / format::kPageSize * format::kPageSize);
    high = std::max(high, segment.p_vaddr + segment.p_memsz);
  }
  return high > low ? high - low : 0;
}

// A file whose pages travel in the image: known there by its first page.
struct CarriedFile {
  std::vector<std::byte> first_page;
  std::string range;  // what the order says of it
  uint64_t extent;
};

std::optional<CarriedFile> carried_file(const std::string& path, const std::string& name) {
  const Result<support::MappedFile> file = support::MappedFile::map(path);
  if (!file || file->bytes().size() < format::kPageSize) return std::nullopt;
  const auto page = file->bytes().first(format::kPageSize);
  return CarriedFile{{page.begin(), page.end()}, name, extent_of(path)};
}

std::string static_data_of(const std::string& path) {
  return "static data of " + std::filesystem::path(path).filename().string();
}

std::string carried_ranges(const ImageFile& image, const Installation& installation) {
  const format::ImageView view = image.view();
  std::vector<CarriedFile> files;
  const auto add = [&files](const std::string& path, const std::string& name) {
    if (std::optional<CarriedFile> file = carried_file(path, name)) files.push_back(*file);
  };
  add(installation.agent, "pysnap's own state");
  for (const format::File& file : view.files()) {
    const std::string path = view.string(file.path);
    add(path, static_data_of(path));
  }
  std::string ranges;
  for (const format::Region& region : view.regions()) {
    if (region.kind != RegionKind::kImage) continue;
    for (uint64_t at = 0; at < region.size; at += format::kPageSize) {
      const auto page = image.bytes().subspan(region.offset + at, format::kPageSize);
      if (std::memcmp(page.data(), ELFMAG, SELFMAG) != 0) continue;
      for (const CarriedFile& file : files) {
        if (std::memcmp(page.data(), file.first_page.data(), format::kPageSize) == 0)
          ranges += fmt::format("range {:x} {:x} {}\n", region.address + at,
                                region.address + at + file.extent, file.range);
      }
    }
  }
  return ranges;
}

std::string order_for(const ImageFile& image, const Installation& installation,
                      const std::vector<uint64_t>& addresses, Published published) {
  const format::ImageView view = image.view();
  const uint64_t ceiling = view.header().arena_high;
  std::string order = fmt::format("seconds {}\nrange {:x} {:x} stack\n", kMostSeconds,
                                  ceiling - format::kStackSlotSize, ceiling);
  if (published == Published::kEverything) order += "publish\n";
  order += carried_ranges(image, installation);
  for (const format::Region& region : view.regions()) {
    if (region.kind == RegionKind::kImage && (region.protection & PROT_READ) != 0 &&
        (region.protection & PROT_EXEC) == 0)
      order += fmt::format("memory {:x} {:x}\n", region.address, region.address + region.size);
    if (region.file == 0 || region.offset != 0) continue;
    const std::string path = view.string(view.files()[region.file - 1].path);
    if (const uint64_t extent = extent_of(path); extent != 0)
      order += fmt::format("range {:x} {:x} {}\n", region.address, region.address + extent,
                           static_data_of(path));
  }
  for (const uint64_t address : addresses) order += fmt::format("address {:x}\n", address);
  return order;
}

OwnerKind kind_of(const std::string& word) {
  if (word == "object") return OwnerKind::kObject;
  if (word == "held") return OwnerKind::kHeld;
  if (word == "range") return OwnerKind::kRange;
  return word == "free" ? OwnerKind::kFree : OwnerKind::kUnknown;
}

// 0: it is none.
uint64_t read_number(const std::string& digits) {
  uint64_t number = 0;
  return support::parse_number(digits, 16, number) ? number : 0;
}

Owners read_answer(std::string_view answer) {
  Owners found;
  for (size_t end; (end = answer.find('\n')) != std::string_view::npos;
       answer.remove_prefix(end + 1)) {
    std::vector<std::string> line = support::split(answer.substr(0, end), kFieldEnd);
    line.resize(8);
    if (line[0] == "partial") found.is_whole = false;
    if (line[0] == "read") found.reads.push_back({line[1], line[2]});
    if (line[0] != "owner") continue;
    Owner& owner = found.owners.emplace_back();
    owner = {read_number(line[1]), {}, kind_of(line[3]), line[4], line[5], line[6], line[7]};
    if (!line[2].empty()) owner.word = read_number(line[2]);
  }
  return found;
}

Error no_answer(const std::string& image, int status, const std::string& said) {
  constexpr std::string_view kGaveWay = "pysnap-run: ";
  if (const size_t at = said.find(kGaveWay); at != std::string::npos)
    return Error::because(ErrorKind::kFailed,
                          fmt::format("{} cannot be looked at in a launch: {}", image,
                                      said.substr(at + kGaveWay.size())));
  return Error::because(
      ErrorKind::kInternal,
      fmt::format("the program that finds the owners of addresses in {} ended with {}:\n{}", image,
                  describe_wait_status(status), said));
}

// Without a look at the dependencies, which may have changed since: as first_launch.cpp does.
Result<std::string> run_in_launch(const Installation& installation, const std::string& image,
                                  const format::ImageView& view, const std::string& order) {
  std::vector<std::string> command = {
      installation.run_program, "--anywhere", "--prove", "--explain", "--image", image};
  for (const std::string& option : texts_of(view, view.options())) command.push_back(option);
  command.emplace_back("-c");
  command.emplace_back(pysnap_owners_program);
  const Result<CommandResult> launch =
      run_command(std::move(command), environment_for(view), {.input = order});
  if (!launch) return support::fail(launch.error());
  const bool gave_way = launch->errors.find("pysnap-run: ") != std::string::npos;
  if (launch->status == 0 && !gave_way) return launch->output;
  return support::fail(no_answer(image, launch->status, launch->errors));
}

}  // namespace

Result<Owners> find_owners(const Installation& installation, const std::string& image,
                           const std::vector<uint64_t>& addresses, Published published) {
  const Result<ImageFile> file = ImageFile::open(image);
  if (!file) return support::fail(file.error());
  const Result<std::string> answer = run_in_launch(
      installation, image, file->view(), order_for(*file, installation, addresses, published));
  if (!answer) return support::fail(answer.error());
  return read_answer(*answer);
}

const char* name_of(OwnerKind kind) {
  switch (kind) {
    case OwnerKind::kObject:
      return "object";
    case OwnerKind::kHeld:
    case OwnerKind::kRange:
      return "memory";
    case OwnerKind::kFree:
      return "free memory";
    case OwnerKind::kUnknown:
      break;
  }
  return "unknown memory";
}

std::string describe(const Owner& owner) {
  std::string text = name_of(owner.kind);
  if (!owner.type.empty()) text += " " + owner.type;
  if (!owner.path.empty()) text += " " + owner.path;
  if (!owner.detail.empty()) text += ", " + owner.detail;
  return text;
}

}  // namespace pysnap::launcher
