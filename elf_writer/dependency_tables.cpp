#include "elf_writer/dependency_tables.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace pysnap::elf_writer {
namespace {

// Opening a directory and closing it costs about what walking to four files in it does.
constexpr size_t kWorthOpening = 4;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

class TableBuilder {
 public:
  explicit TableBuilder(StringArea& strings) : strings_(strings) {}

  void add_folder(const std::string& path, const std::vector<const Dependency*>& members) {
    if (members.empty()) return;
    tables_.folders.push_back({strings_.add(path), static_cast<uint32_t>(members.size()), 0});
    for (const Dependency* member : members)
      add(*member, path.empty() ? member->path : member->path.substr(path.size() + 1));
  }
  DependencyTables take() { return std::move(tables_); }

 private:
  void add(const Dependency& dependency, const std::string& name) {
    format::Dependency record = {};
    record.name = strings_.add(name);
    const FileState& state = dependency.state;
    record.size = state.size;
    record.inode = state.inode;
    record.modified_seconds = state.modified_seconds;
    record.modified_nanoseconds = state.modified_nanoseconds;
    record.changed_seconds = state.changed_seconds;
    record.changed_nanoseconds = state.changed_nanoseconds;
    record.digest = state.digest;
    record.kind = state.kind;
    if (state.kind == format::DependencyKind::kListed) {
      add_listing(dependency.listing);
      record.listing = static_cast<uint32_t>(tables_.listings.size());
    }
    tables_.dependencies.push_back(record);
  }

  // All directories of sys.path are searched for the same names.
  void add_listing(const DirectoryListing& listing) {
    const auto [known, is_new] =
        stems_.try_emplace(listing.stems, static_cast<uint32_t>(tables_.stems.size()));
    if (is_new) {
      for (const uint64_t hash : listing.stems) tables_.stems.push_back({hash});
    }
    tables_.listings.push_back({listing.digest, known->second,
                                static_cast<uint32_t>(listing.stems.size()), listing.rules, 0});
  }

  StringArea& strings_;
  DependencyTables tables_;
  std::map<std::vector<uint64_t>, uint32_t> stems_;
};

}  // namespace

DependencyTables dependency_tables(const std::vector<Dependency>& dependencies,
                                   StringArea& strings) {
  std::map<std::string, std::vector<const Dependency*>> folders;
  for (const Dependency& dependency : dependencies)
    folders[folder_of(dependency.path)].push_back(&dependency);
  TableBuilder builder(strings);
  std::vector<const Dependency*> others;
  for (const auto& [path, members] : folders) {
    if (members.size() < kWorthOpening || path.empty())
      others.insert(others.end(), members.begin(), members.end());
  }
  builder.add_folder("", others);
  for (const auto& [path, members] : folders) {
    if (members.size() >= kWorthOpening && !path.empty()) builder.add_folder(path, members);
  }
  return builder.take();
}

}  // namespace pysnap::elf_writer
