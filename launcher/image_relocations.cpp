#include "launcher/image_relocations.h"

#include <cstring>
#include <nlohmann/json.hpp>

namespace pysnap::launcher {
namespace {

using format::HashRule;
using format::RelocationKind;
using nlohmann::ordered_json;
using support::Error;
using support::ErrorKind;
using support::Result;

const char* kind_name(RelocationKind kind) {
  switch (kind) {
    case RelocationKind::kAddress:
      return "addresses";
    case RelocationKind::kIdentityHash:
      return "identity hashes";
    case RelocationKind::kSafeLink:
      return "links of free lists";
    case RelocationKind::kSafeLinkEnd:
      return "ends of free lists";
    case RelocationKind::kMangled:
      return "mangled addresses";
    case RelocationKind::kDigits:
      return "addresses in integers";
  }
  return "unknown";
}

}  // namespace

Result<std::optional<ImageRelocations>> ImageRelocations::read(const ImageFile& image,
                                                               const std::string& path) {
  const format::ImageHeader& header = image.view().header();
  if (header.relocation_size == 0) return std::optional<ImageRelocations>();
  const auto bytes = image.bytes();
  const bool inside = header.relocation_offset <= bytes.size() &&
                      header.relocation_size <= bytes.size() - header.relocation_offset;
  std::vector<uint64_t> table(inside ? (header.relocation_size + 7) / 8 : 0);
  if (inside)
    std::memcpy(table.data(), bytes.data() + header.relocation_offset, header.relocation_size);
  const char* reason =
      inside ? format::RelocationCheck::check(table.data(), header.relocation_size, image.view())
             : "its relocation table lies outside it";
  if (reason == nullptr) return std::optional<ImageRelocations>(ImageRelocations(std::move(table)));
  return support::fail(
      Error::because(ErrorKind::kInput,
                     fmt::format("the image {} is damaged: {}; build it again with `pysnap build`",
                                 path, reason)));
}

ordered_json describe_relocations(const std::optional<ImageRelocations>& relocations,
                                  const format::ImageHeader& header) {
  if (!relocations) return nullptr;
  const format::RelocationView view = relocations->view();
  ordered_json words = ordered_json::object();
  for (uint32_t kind = 1; kind <= format::kRelocationKindCount; ++kind)
    words[kind_name(static_cast<RelocationKind>(kind))] = 0;
  words[kind_name(RelocationKind::kAddress)] = view.address_word_count();
  for (const format::OtherWord& word : view.other_words()) {
    ordered_json& count = words[kind_name(word.kind)];
    count = count.get<uint64_t>() + 1;
  }
  return {{"ceiling", fmt::format("{:#x}", header.relocation_ceiling)},
          {"size", header.relocation_size},
          {"step", view.header().step},
          {"words", std::move(words)},
          {"derived_hashes", view.hashes().count},
          {"hash_tables", view.tables().count},
          {"arena_tree", view.header().arena_tree.root != 0}};
}

}  // namespace pysnap::launcher
