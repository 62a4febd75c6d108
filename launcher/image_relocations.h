// The relocation table of an image that a command has opened.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "format/relocation_table.h"
#include "launcher/image_file.h"

namespace pysnap::launcher {

// A copy, aligned for its records, and checked: every place lies in the image.
class ImageRelocations {
 public:
  // Nothing where the image is pinned. `path`: for the sentence.
  static support::Result<std::optional<ImageRelocations>> read(const ImageFile& image,
                                                               const std::string& path);

  format::RelocationView view() const { return format::RelocationView(table_.data()); }

 private:
  explicit ImageRelocations(std::vector<uint64_t> table) : table_(std::move(table)) {}
  std::vector<uint64_t> table_;
};

// For `pysnap inspect`: counts by kind, and the size; null where the image is pinned.
nlohmann::ordered_json describe_relocations(const std::optional<ImageRelocations>& relocations,
                                            const format::ImageHeader& header);

}  // namespace pysnap::launcher
