#include "launcher/dependencies.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "format/listing.h"
#include "launcher/name_list.h"

namespace pysnap::launcher {
namespace {

using elf_writer::Dependency;
using elf_writer::DirectoryListing;
using format::DependencyKind;

constexpr const char* kBytecodeFolder = "__pycache__";

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

uint64_t hash_of(const std::string& name) { return format::checksum(name.data(), name.size()); }

// Of the two digests, the first is there only where the times alone do not tell.
bool same_file(const FileState& then, const FileState& now) {
  return then.size == now.size && then.inode == now.inode && same_modified(then, now) &&
         same_changed(then, now) && (then.digest == 0 || then.digest == now.digest);
}

bool is_examined(const std::string& path, const AccessedPath& access) {
  return access.was_reached && !access.was_changed && !is_of_kernel(path);
}

// Nobody waits for a clock that was put back.
void wait_until_times_tell(const AccessedPaths& accessed) {
  std::chrono::nanoseconds longest{0};
  for (const auto& [path, access] : accessed) {
    const DependencyKind kind = access.then.kind;
    if (!is_examined(path, access) || (kind != DependencyKind::kFile && access.listings == 0))
      continue;
    const std::chrono::nanoseconds wait = until_times_tell(examine_path(path));
    if (wait <= kLongestWait) longest = std::max(longest, wait);
  }
  std::this_thread::sleep_for(longest);
}

Dependency dependency(const std::string& path, DependencyKind kind, const SeenPath& seen) {
  FileState state;
  if (kind == DependencyKind::kFile || kind == DependencyKind::kListed) {
    state = seen.now;
    if (seen.may_keep_times) state.changed_nanoseconds = format::kNoTime;
  }
  if (kind == DependencyKind::kListed) state.size = state.digest = 0;  // its listing counts
  state.kind = kind;
  return {path, state, {}};
}

class Keeper {
 public:
  explicit Keeper(const DependencyFacts& facts) : facts_(facts) {}

  Dependencies keep() {
    for (const auto& [path, seen] : facts_.paths) {
      if (is_listed(seen) && counts(path, seen)) listings_[path] = listing_of(path, seen);
    }
    for (const auto& [path, seen] : facts_.paths) {
      if (counts(path, seen) && !is_listed(seen)) keep_path(path, seen);
    }
    for (auto& [path, listing] : listings_) keep_listing(path, listing);
    drop_directories_with_files();
    for (const Dependency& inherited : facts_.inherited) inherit(inherited);
    for (const Dependency& searched : facts_.configuration) kept_[searched.path] = searched;
    Dependencies result;
    for (auto& [path, kept] : kept_) result.kept.push_back(std::move(kept));
    result.changed = std::move(changed_);
    return result;
  }

 private:
  static bool is_listed(const SeenPath& seen) { return seen.access.listings != 0; }

  bool was_looked_up(const std::string& path) const {
    const auto seen = facts_.paths.find(path);
    return seen != facts_.paths.end() && seen->second.access.was_reached;
  }

  // Neither do ours, and what the boot itself has made.
  bool counts(const std::string& path, const SeenPath& seen) const {
    if (!is_examined(path, seen.access)) return false;
    for (const std::string& own : facts_.own) {
      if (is_in(path, own)) return false;
    }
    return !facts_.identified.contains(path) && !is_bytecode_of_source(path);
  }

  // Whether bytecode is used, the import system decides by its source.
  bool is_bytecode_of_source(const std::string& path) const {
    const std::string name = name_of(path);
    if (name == kBytecodeFolder) return true;
    const std::string folder = parent_of(path);
    const size_t dot = name.find('.');
    return name_of(folder) == kBytecodeFolder && dot != std::string::npos &&
           was_looked_up(parent_of(folder) + "/" + name.substr(0, dot) + ".py");
  }

  DirectoryListing listing_of(const std::string& path, const SeenPath& seen) const {
    DirectoryListing listing;
    const auto known = facts_.searched.find(path);
    if (known == facts_.searched.end()) {
      listing.rules = format::kEveryName;
      return listing;
    }
    const SearchedDirectory& searched = known->second;
    if (searched.is_on_search_path) {
      listing.rules = format::kPathFiles;
      if (facts_.reads_distributions) listing.rules |= format::kDistributions;
    } else {
      listing.stems.push_back(hash_of("__init__"));
      // Somebody else has asked which modules the package has.
      if (seen.access.listings > searched.listings) listing.rules = format::kEveryName;
    }
    for (const std::string& name : searched.names) listing.stems.push_back(hash_of(name));
    return listing;
  }

  void keep_path(const std::string& path, const SeenPath& seen) {
    const FileState& then = seen.access.then;
    const bool is_same = then.kind == seen.now.kind &&
                         (then.kind != DependencyKind::kFile || same_file(then, seen.now));
    if (!is_same) changed_.push_back(path);
    if (then.kind == DependencyKind::kMissing && is_covered(path)) return;
    kept_.emplace(path, dependency(path, then.kind, seen));
  }

  // Nothing is below what is missing itself, and a directory whose names are compared tells of a
  // new one.
  bool is_covered(const std::string& path) {
    std::string child = path;
    for (std::string folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
      const auto above = facts_.paths.find(folder);
      if (above != facts_.paths.end() && counts(folder, above->second)) {
        const AccessedPath& access = above->second.access;
        if (access.then.kind == DependencyKind::kMissing) return true;
        const auto listing = listings_.find(folder);
        const std::string name = name_of(child);
        // Every directory has it, listed or not, and what is behind it lies elsewhere.
        if (listing != listings_.end() && name != ".." && !contains(access.names, name)) {
          listing->second.stems.push_back(hash_of(name));
          return true;
        }
      }
      child = folder;
    }
    return false;
  }

  // The time of modification is that of the end: bytecode was perhaps written meanwhile, and a
  // launch that finds the same time need not list the directory.
  void keep_listing(const std::string& path, DirectoryListing& listing) {
    const SeenPath& seen = facts_.paths.at(path);
    std::vector<uint64_t>& stems = listing.stems;
    std::sort(stems.begin(), stems.end());
    stems.erase(std::unique(stems.begin(), stems.end()), stems.end());
    listing.digest = digest_of(listing, seen.access.names);
    if (seen.now.kind != DependencyKind::kDirectory ||
        digest_of(listing, seen.names_now) != listing.digest)
      changed_.push_back(path);
    Dependency kept = dependency(path, DependencyKind::kListed, seen);
    kept.listing = std::move(listing);
    kept_.emplace(path, std::move(kept));
  }

  // A file that is there shows that its directory is. Ascending order puts what is below behind.
  void drop_directories_with_files() {
    for (auto place = kept_.begin(); place != kept_.end();) {
      const bool is_shown =
          place->second.state.kind == DependencyKind::kDirectory && has_file_below(place);
      place = is_shown ? kept_.erase(place) : std::next(place);
    }
  }

  bool has_file_below(std::map<std::string, Dependency>::const_iterator place) const {
    const std::string folder = place->first + "/";
    for (auto next = kept_.lower_bound(folder);
         next != kept_.end() && next->first.starts_with(folder); ++next) {
      const DependencyKind kind = next->second.state.kind;
      if (kind == DependencyKind::kFile || kind == DependencyKind::kListed) return true;
    }
    return false;
  }

  // The base was launched a moment ago, so what it depends on was as it says.
  void inherit(const Dependency& inherited) {
    const auto seen = facts_.paths.find(inherited.path);
    if (seen != facts_.paths.end() && seen->second.access.was_changed) return;
    const auto [place, is_new] = kept_.emplace(inherited.path, inherited);
    if (is_new) return;
    Dependency& kept = place->second;
    if (kept.state.kind != DependencyKind::kListed) kept = inherited;
    if (inherited.state.kind != DependencyKind::kListed || !is_listed(seen->second)) return;
    DirectoryListing& listing = kept.listing;
    listing.rules |= inherited.listing.rules;
    std::vector<uint64_t> stems;
    std::set_union(listing.stems.begin(), listing.stems.end(), inherited.listing.stems.begin(),
                   inherited.listing.stems.end(), std::back_inserter(stems));
    listing.stems = std::move(stems);
    listing.digest = digest_of(listing, seen->second.access.names);
  }

  const DependencyFacts& facts_;
  std::map<std::string, DirectoryListing> listings_;
  std::map<std::string, Dependency> kept_;
  std::vector<std::string> changed_;
};

}  // namespace

uint64_t digest_of(const DirectoryListing& listing, const std::vector<std::string>& names) {
  const auto* stems = reinterpret_cast<const format::Stem*>(listing.stems.data());
  const format::ListingRules wanted = {listing.rules,
                                       {stems, static_cast<uint32_t>(listing.stems.size())}};
  uint64_t digest = 0;
  for (const std::string& name : names)
    digest += format::name_digest(wanted, name.c_str(), name.size());
  return digest;
}

std::map<std::string, SeenPath> look_again(AccessedPaths accessed,
                                           const std::set<std::string>& identified) {
  wait_until_times_tell(accessed);
  std::map<std::string, SeenPath> paths;
  for (auto& [path, access] : accessed) {
    SeenPath seen;
    seen.now = examine_path(path);
    seen.may_keep_times = until_times_tell(seen.now).count() != 0;
    const bool has_digest = seen.now.kind == DependencyKind::kFile && is_examined(path, access) &&
                            !identified.contains(path);
    if (has_digest) seen.now.digest = digest_of_file(path);
    if (access.listings != 0) seen.names_now = names_in(path);
    seen.access = std::move(access);
    paths.emplace(path, std::move(seen));
  }
  return paths;
}

Dependencies dependencies_of(const DependencyFacts& facts) { return Keeper(facts).keep(); }

}  // namespace pysnap::launcher
