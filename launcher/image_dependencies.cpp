#include "launcher/image_dependencies.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "launcher/name_list.h"

namespace pysnap::launcher {
namespace {

using elf_writer::Dependency;
using support::Error;
using support::ErrorKind;
using support::Status;

// Those that ask which distributions are installed.
bool reads_distributions(const std::vector<std::string>& modules) {
  constexpr std::array kReaders = {"importlib.metadata", "importlib_metadata", "pkg_resources"};
  return std::any_of(kReaders.begin(), kReaders.end(),
                     [&](const char* reader) { return contains(modules, reader); });
}

// A trusted base makes a trusted image: what nobody compares need not be as it was.
uint32_t inherited_flags(const BaseImage* base) { return base == nullptr ? 0 : base->flags; }

// The import system of a launch knows the names in a directory from the listing of the base's boot,
// and the base was launched only because they were the same.
void list_searched_directories(DependencyFacts& facts) {
  for (auto& [path, searched] : facts.searched) {
    const auto place = facts.paths.find(path);
    if (place == facts.paths.end() || place->second.access.listings != 0 ||
        place->second.access.then.kind != format::DependencyKind::kDirectory)
      continue;
    SeenPath& seen = place->second;
    seen.access.names = seen.names_now = names_in(path);
    seen.access.listings = searched.listings = 1;
  }
}

DependencyFacts facts_of(const FrozenInterpreter& frozen, const BaseImage* base,
                         const Installation& installation, const snapshot::Snapshot& snapshot) {
  DependencyFacts facts;
  facts.searched = frozen.searched;
  facts.reads_distributions = reads_distributions(frozen.modules);
  facts.own = {installation.agent, installation.package, installation.boot_program,
               installation.run_program};
  for (const snapshot::CapturedFile& file : snapshot.files)
    facts.identified.insert(file.original.path);
  facts.paths = look_again(frozen.accessed, facts.identified);
  if (base == nullptr) return facts;
  facts.own.push_back(base->mapped_path);
  facts.own.push_back(plain_path(std::filesystem::current_path(), base->path));
  facts.inherited = base->dependencies;
  list_searched_directories(facts);
  return facts;
}

FileState state_of(const format::Dependency& record) {
  return {record.kind,
          record.size,
          record.inode,
          record.modified_seconds,
          record.modified_nanoseconds,
          record.changed_seconds,
          record.changed_nanoseconds,
          record.digest};
}

// As a launch compares them (restore/dependencies.cpp).
bool is_unchanged(const Dependency& dependency) {
  const FileState& then = dependency.state;
  const FileState now = examine_path(dependency.path);
  const bool same_inode = then.inode == now.inode;
  if (then.kind == format::DependencyKind::kListed) {
    return now.kind == format::DependencyKind::kDirectory &&
           ((same_inode && same_modified(then, now) && same_changed(then, now)) ||
            digest_of(dependency.listing, names_in(dependency.path)) == dependency.listing.digest);
  }
  if (then.kind != now.kind) return false;
  if (then.kind != format::DependencyKind::kFile) return true;
  return then.size == now.size && same_inode && same_modified(then, now) &&
         (same_changed(then, now) ||
          (then.digest != 0 && then.digest == digest_of_file(dependency.path)));
}

}  // namespace

std::string changed_dependency(const format::ImageView& view) {
  for (const Dependency& dependency : dependencies_of(view)) {
    if (!is_unchanged(dependency)) return dependency.path;
  }
  return "";
}

std::vector<Dependency> dependencies_of(const format::ImageView& view) {
  std::vector<Dependency> found;
  uint32_t next = 0;
  for (const format::DependencyFolder& folder : view.folders()) {
    const std::string prefix = folder.path == 0 ? "" : std::string(view.string(folder.path)) + "/";
    for (const uint32_t end = next + folder.count; next < end; ++next) {
      const format::Dependency& record = view.dependencies()[next];
      Dependency dependency = {prefix + view.string(record.name), state_of(record), {}};
      if (record.listing != 0) {
        const format::Listing& listing = view.listings()[record.listing - 1];
        dependency.listing = {listing.rules, {}, listing.digest};
        for (const format::Stem& stem : view.stems_of(listing))
          dependency.listing.stems.push_back(stem.hash);
      }
      found.push_back(std::move(dependency));
    }
  }
  return found;
}

Status add_dependencies(const FrozenInterpreter& frozen, const BaseImage* base,
                        const Installation& installation, const snapshot::Snapshot& snapshot,
                        elf_writer::ImageContents& contents) {
  contents.flags = inherited_flags(base);
  if (!frozen.access_problem.empty()) {
    contents.flags |= format::kDependenciesUnknown;
    return {};
  }
  DependencyFacts facts = facts_of(frozen, base, installation, snapshot);
  facts.configuration = std::move(contents.dependencies);
  Dependencies found = dependencies_of(facts);
  if (!found.changed.empty()) {
    return support::fail(Error::because(
        ErrorKind::kInput, fmt::format("{} has changed while the image was made; build it again",
                                       found.changed.front())));
  }
  contents.dependencies = std::move(found.kept);
  return {};
}

}  // namespace pysnap::launcher
