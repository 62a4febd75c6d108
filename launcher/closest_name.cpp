#include "launcher/closest_name.h"

#include <algorithm>
#include <numeric>

namespace pysnap::launcher {
namespace {

// Levenshtein's distance, one row of the table at a time.
size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t exchanged = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[to.size()];
}

}  // namespace

std::string closest_name(std::string_view wanted, const std::vector<std::string>& candidates) {
  return *std::min_element(candidates.begin(), candidates.end(),
                           [wanted](const auto& one, const auto& other) {
                             return edit_distance(wanted, one) < edit_distance(wanted, other);
                           });
}

}  // namespace pysnap::launcher
