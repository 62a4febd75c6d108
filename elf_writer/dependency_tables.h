// The tables of what an image depends on, in the order that a launch checks them in.
#pragma once

#include <vector>

#include "elf_writer/image_contents.h"
#include "elf_writer/string_area.h"
#include "format/image_format.h"

namespace pysnap::elf_writer {

struct DependencyTables {
  std::vector<format::DependencyFolder> folders;
  std::vector<format::Dependency> dependencies;
  std::vector<format::Listing> listings;
  std::vector<format::Stem> stems;
};

DependencyTables dependency_tables(const std::vector<Dependency>& dependencies,
                                   StringArea& strings);

}  // namespace pysnap::elf_writer
