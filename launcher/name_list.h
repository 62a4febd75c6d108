// Lists of names, short enough to be searched from the front.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace pysnap::launcher {

inline bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

inline void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!contains(names, name)) names.push_back(name);
}

inline void add_once(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more) add_once(names, name);
}

}  // namespace pysnap::launcher
