#include "launcher/configured_build.h"

#include <filesystem>

#include "launcher/name_list.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

tl::unexpected<Error> contradiction(const std::string& sentence) {
  return support::fail(Error::because(ErrorKind::kUsage, sentence));
}

bool prepares_anything(const Configuration& configuration) {
  return !configuration.modules.empty() || !configuration.excluded.empty() ||
         !configuration.code_only.empty() || !configuration.warm_up.empty();
}

Status check_names(const BuildOptions& options, const Configuration& configuration) {
  const auto check = [&](const char* option, const std::vector<std::string>& names,
                         const char* other_key, const std::vector<std::string>& other) -> Status {
    for (const std::string& name : names) {
      if (!excluding(configuration, name).empty())
        return contradiction(fmt::format("{} names {}, which {} excludes; leave out one of them",
                                         option, name, configuration.file));
      if (contains(other, name))
        return contradiction(fmt::format("{} names {}, which {} has in {}; leave out one of them",
                                         option, name, configuration.file, other_key));
    }
    return {};
  };
  const Status modules = check("--module", options.modules, "code-only", configuration.code_only);
  if (!modules) return modules;
  return check("--code-only", options.code_only, "modules", configuration.modules);
}

// An image that is made from another one is pinned.
Status check_place(const BuildOptions& options, const Configuration& configuration) {
  const bool has_to_move =
      configuration.aslr == Aslr::kLaunch || configuration.relocatable == Relocatable::kRequire;
  if (options.base.empty() || !has_to_move) return {};
  return contradiction(
      fmt::format("an image made with --from cannot move, and {} wants one that does; leave out "
                  "--config",
                  configuration.file));
}

}  // namespace

Result<BuildOptions> with_configuration(const BuildOptions& options,
                                        const Configuration& configuration) {
  if ((!options.script.empty() || !options.base.empty()) && prepares_anything(configuration))
    return contradiction(
        fmt::format("{} imports its modules itself, and {} names what to prepare; leave out "
                    "--config",
                    options.script.empty() ? "the program of --from" : "the program of --script",
                    configuration.file));
  if (const Status good = check_names(options, configuration); !good)
    return support::fail(good.error());
  if (const Status good = check_place(options, configuration); !good)
    return support::fail(good.error());
  std::error_code error;
  if (!options.warm_up.empty() && !configuration.warm_up.empty() &&
      std::filesystem::absolute(options.warm_up, error).lexically_normal() != configuration.warm_up)
    return contradiction(fmt::format("--warm-up names {} and {} names {}; leave out one of them",
                                     options.warm_up, configuration.file, configuration.warm_up));
  BuildOptions all = options;
  add_once(all.modules, configuration.modules);
  add_once(all.code_only, configuration.code_only);
  add_once(all.excluded, configuration.excluded);
  add_once(all.allowed_captured, configuration.allowed_captured);
  if (all.warm_up.empty()) all.warm_up = configuration.warm_up;
  add_once(all.variables.compared, configuration.key_variables);
  add_once(all.variables.ignored, configuration.ignored_variables);
  if (!all.relocatable && all.base.empty()) all.relocatable = configuration.relocatable;
  all.aslr = configuration.aslr;
  all.is_trusted |= configuration.checks == Checks::kNone;
  all.configuration_files = configuration_files(configuration);
  return all;
}

std::vector<elf_writer::Dependency> configuration_files(const Configuration& configuration) {
  std::vector<elf_writer::Dependency> files;
  for (const SearchedPath& searched : configuration.searched)
    files.push_back({searched.path, searched.found, {}});
  return files;
}

std::vector<elf_writer::Dependency> relative_configuration_files(
    const Configuration& configuration) {
  constexpr size_t kLevels = 12;
  const std::vector<SearchedPath>& searched = configuration.searched;
  std::vector<elf_writer::Dependency> files;
  std::string upwards;
  // Above the root is the root again.
  for (size_t level = 0; level < kLevels || level * kNamesEach < searched.size(); ++level) {
    for (size_t name = 0; name < kNamesEach; ++name) {
      size_t place = level * kNamesEach + name;
      if (place >= searched.size() && !configuration.file.empty()) return files;
      if (place >= searched.size()) place = searched.size() - kNamesEach + name;
      const std::filesystem::path path = searched[place].path;
      files.push_back({upwards + path.filename().string(), searched[place].found, {}});
    }
    upwards += "../";
  }
  return files;
}

}  // namespace pysnap::launcher
