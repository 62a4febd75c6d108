#include "elf_writer/relocation_bytes.h"

#include <cstring>
#include <span>

#include "format/arena_layout.h"
#include "format/relocation_table.h"

namespace pysnap::elf_writer {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);

template <typename T>
format::Table append(std::vector<std::byte>& bytes, const std::vector<T>& records) {
  static_assert(sizeof(T) % kWord == 0);
  const format::Table table = {bytes.size(), static_cast<uint32_t>(records.size()), sizeof(T)};
  const auto view = std::as_bytes(std::span(records));
  bytes.insert(bytes.end(), view.begin(), view.end());
  return table;
}

}  // namespace

std::vector<uint64_t> pack_places(const std::vector<uint64_t>& places) {
  constexpr uint64_t kReach = 63 * kWord;  // of one bitmap
  std::vector<uint64_t> entries;
  for (size_t i = 0; i < places.size();) {
    entries.push_back(places[i]);
    uint64_t next = places[i++] + kWord;
    for (;;) {
      uint64_t bits = 0;
      for (; i < places.size() && places[i] - next < kReach; ++i)
        bits |= uint64_t{1} << (places[i] - next) / kWord;
      if (bits == 0) break;
      entries.push_back(bits << 1 | 1);
      next += kReach;
    }
  }
  return entries;
}

std::vector<std::byte> relocation_bytes(const snapshot::Relocations& relocations) {
  std::vector<uint64_t> aligned;
  std::vector<format::OtherWord> others;
  for (const snapshot::Relocation& word : relocations.words) {
    if (word.kind == format::RelocationKind::kAddress && word.place % kWord == 0)
      aligned.push_back(word.place);
    else
      others.push_back({word.place, word.kind, 0});
  }
  format::RelocationTable header = {};
  std::vector<std::byte> bytes(sizeof header);
  header.magic = format::kRelocationMagic;
  header.address_words = append(bytes, pack_places(aligned));
  header.other_words = append(bytes, others);
  header.hashes = append(bytes, relocations.hashes);
  header.tables = append(bytes, relocations.tables);
  header.arena_tree = relocations.arena_tree;
  header.step = relocations.step == 0 ? format::kCeilingStep : relocations.step;
  header.size = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

}  // namespace pysnap::elf_writer
