// Any bytes as the relocation table of a sealed image, whose checksum is right. A launch and the
// commands agree whether it can be used; a table that can changes the words it names, which lie in
// captured pages, and no other byte of those.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <set>

#include "elf_writer/image_writer.h"
#include "format/checksum.h"
#include "fuzz/expect.h"
#include "fuzz/image_repair.h"
#include "fuzz/memory_file.h"
#include "launcher/image_relocations.h"
#include "launcher/moved_image.h"
#include "restore/open_image.h"
#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using format::ImageHeader;
using format::ImageView;
using format::Placement;
using format::Region;
using format::RegionKind;
using format::RelocationView;
using format::Segment;

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint64_t kSlide = uint64_t{11} << 21;

// The image with a small table: the tables that are tried stand behind its end.
const std::vector<unsigned char>& whole_image() {
  static const std::vector<unsigned char> bytes = [] {
    const TemporaryDirectory directory;
    elf_writer::ImageContents contents = sample_contents();
    contents.relocations = sample_relocations();
    const std::string path = directory.path("sample.image");
    expect(elf_writer::write_image(sample_snapshot(), contents, path).has_value(),
           "there is an image");
    const std::string text = read_file(path);
    std::vector<unsigned char> image(text.begin(), text.end());
    image.resize((image.size() + kWord - 1) / kWord * kWord);
    return image;
  }();
  return bytes;
}

uint64_t block_offset(const std::vector<unsigned char>& image) {
  const MemoryFile file(image.data(), image.size());
  std::vector<unsigned char> sealed = image;
  repair_image(sealed);
  const MemoryFile sound(sealed.data(), sealed.size());
  const auto opened = launcher::ImageFile::open(sound.path());
  expect(opened.has_value(), "the image is sound");
  return opened->metadata_offset();
}

std::vector<unsigned char> image_with(const uint8_t* table, size_t size) {
  static const uint64_t offset = block_offset(whole_image());
  std::vector<unsigned char> image = whole_image();
  ImageHeader header;
  std::memcpy(&header, image.data() + offset, sizeof header);
  const uint64_t before = header.relocation_offset;
  header.relocation_offset = image.size();
  header.relocation_size = size;
  std::memcpy(image.data() + offset, &header, sizeof header);
  for (uint32_t i = 0; i < header.segments.count; ++i) {
    unsigned char* place = image.data() + offset + header.segments.offset + i * sizeof(Segment);
    Segment segment;
    std::memcpy(&segment, place, sizeof segment);
    if (segment.offset != before) continue;
    segment.offset = header.relocation_offset;
    segment.size = size;
    segment.checksum = format::checksum(table, size);
    std::memcpy(place, &segment, sizeof segment);
  }
  image.insert(image.end(), table, table + size);
  repair_image(image);
  return image;
}

// What a launch says of the table; gives back what that leaves to the process's end.
const char* launchs_reason(const std::string& path) {
  const restore::OpenImage image = restore::open_image(path.c_str());
  expect(image.reason == nullptr, "the image around the table is sound");
  const restore::OpenRelocations opened = restore::open_relocations(image);
  expect((opened.table == nullptr) == (opened.reason != nullptr), "a refusal has its sentence");
  static const uint64_t front = block_offset(whole_image());
  char* mapping = static_cast<char*>(image.metadata) - front;
  if (opened.table != nullptr)
    ::munmap(const_cast<void*>(opened.table), image.view().header().relocation_size);
  ::munmap(mapping, front + image.view().header().metadata_size);
  ::close(image.descriptor);
  return opened.reason;
}

// Whether one byte lies in captured pages that a launch makes writable for the table.
bool is_captured(const ImageView& view, uint64_t address) {
  for (const Region& region : view.regions()) {
    if (address - region.address < region.size)
      return region.kind == RegionKind::kImage && (region.flags & format::kRelocated) != 0;
  }
  return false;
}

bool is_writable(const ImageView& view, uint64_t address) {
  for (const Region& region : view.regions()) {
    if (address - region.address < region.size)
      return (region.protection & PROT_WRITE) != 0 &&
             (region.kind == RegionKind::kImage || region.kind == RegionKind::kZero);
  }
  return false;
}

void expect_writable(const ImageView& view, uint64_t address, uint64_t size) {
  expect(address + size > address && is_writable(view, address) &&
             is_writable(view, address + size - 1),
         "what the agent changes lies in memory that can be written");
}

// The addresses of all bytes that the table's words have.
std::set<uint64_t> bytes_of_words(const ImageView& view, const RelocationView& relocations) {
  const Placement placement = format::placement_of(view.header());
  std::set<uint64_t> bytes;
  const auto add = [&](uint64_t place) {
    for (uint64_t i = 0; i < kWord; ++i) {
      const uint64_t address = placement.at(place) + i;
      expect(is_captured(view, address), "a word lies in captured pages");
      bytes.insert(address);
    }
  };
  format::visit_packed(relocations.address_words(), add);
  for (const format::OtherWord& word : relocations.other_words()) add(word.place);
  return bytes;
}

void expect_tables_inside(const ImageView& view, const RelocationView& relocations) {
  const Placement placement = format::placement_of(view.header());
  for (const format::DerivedHash& hash : relocations.hashes())
    expect_writable(view, placement.at(hash.place), kWord);
  for (const format::HashTable& table : relocations.tables()) {
    expect_writable(view, placement.at(table.slots),
                    uint64_t{table.slot_bytes} << table.log2_slots);
    const bool is_set = table.kind == format::TableKind::kSet;
    const uint64_t entries = is_set ? kWord : uint64_t{table.entry_count} * 24;
    if (entries != 0) expect_writable(view, placement.at(table.entries), entries);
  }
}

// Words change and nothing beside them.
void move(const launcher::ImageFile& image, const RelocationView& relocations) {
  const ImageView view = image.view();
  const std::set<uint64_t> words = bytes_of_words(view, relocations);
  expect_tables_inside(view, relocations);
  const launcher::MovedImage moved(image, relocations, view.header().arena_high + kSlide);
  for (const Region& region : view.regions()) {
    if (region.kind != RegionKind::kImage) continue;
    for (uint64_t at = 0; at < region.size; ++at) {
      const bool same = moved.bytes()[region.offset + at] == image.bytes()[region.offset + at];
      expect(same || words.contains(region.address + at), "nothing else is changed");
    }
  }
}

// Values that mean something in a table: borders of regions, kinds, and sizes that overflow.
uint64_t meant_number(std::minstd_rand& random) {
  static const std::vector<uint64_t> numbers = [] {
    std::vector<uint64_t> found = {0,
                                   1,
                                   2,
                                   3,
                                   4,
                                   6,
                                   7,
                                   8,
                                   16,
                                   24,
                                   40,
                                   99,
                                   1 << 20,
                                   0xffffffff,
                                   uint64_t{1} << 40,
                                   uint64_t{1} << 63,
                                   ~uint64_t{0},
                                   ~uint64_t{7}};
    for (const auto& region : sample_snapshot().regions) {
      for (const uint64_t distance :
           {uint64_t{0}, kWord, kWord / 2, kPage, ~uint64_t{1}, ~uint64_t{7}})
        found.insert(found.end(), {region.address + distance, region.end() + distance});
    }
    return found;
  }();
  return numbers[random() % numbers.size()];
}

}  // namespace
}  // namespace pysnap::tests

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  using namespace pysnap::tests;
  std::minstd_rand random(seed);
  if (random() % 2 == 0 || size < 16) return LLVMFuzzerMutate(data, size, most);
  const uint64_t number = meant_number(random);
  const size_t width = random() % 2 == 0 ? 4 : 8;
  std::memcpy(data + random() % (size / width) * width, &number, width);
  // Most tables that tell another size than they have are refused at once.
  const uint64_t whole = size;
  if (size >= sizeof(pysnap::format::RelocationTable) && random() % 8 != 0)
    std::memcpy(data + offsetof(pysnap::format::RelocationTable, size), &whole, sizeof whole);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pysnap;
  if (size == 0) return 0;  // the image is pinned
  const std::vector<unsigned char> image = tests::image_with(data, size);
  const tests::MemoryFile file(image.data(), image.size());
  const char* reason = tests::launchs_reason(file.path());
  const auto command = launcher::ImageFile::open(file.path());
  tests::expect(command.has_value(), "the commands open the image as a launch does");
  const auto relocations = launcher::ImageRelocations::read(*command, file.path());
  tests::expect(relocations.has_value() == (reason == nullptr),
                "a launch and the commands agree which table can be used");
  if (relocations) tests::move(*command, (*relocations)->view());
  return 0;
}
