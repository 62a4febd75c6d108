// The name that somebody most probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pysnap::launcher {

// The candidate with the fewest insertions, deletions and exchanges of a character from `wanted`;
// of equal ones the first. There must be a candidate.
std::string closest_name(std::string_view wanted, const std::vector<std::string>& candidates);

}  // namespace pysnap::launcher
