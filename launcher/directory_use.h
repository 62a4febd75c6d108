// What imports that cannot be made afresh have learned from the working directory.
#pragma once

#include <string>
#include <vector>

namespace pysnap::launcher {

struct DirectoryUse {
  std::string user;    // a module that depends on which directory it is; empty: none
  std::string seeker;  // a module that has only sought names there in vain; empty: none
  std::vector<std::string> absent;  // these names, and those that other modules have sought
};

}  // namespace pysnap::launcher
