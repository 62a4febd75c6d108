#include "launcher/learned_build.h"

#include <filesystem>

#include "launcher/image_cache.h"
#include "launcher/image_file.h"
#include "launcher/name_list.h"

namespace pysnap::launcher {
namespace {

using support::Result;
using support::Status;

// False: it is left out already.
bool leave_out(const std::string& module, BuildOptions& options) {
  if (std::erase(options.learned, module) != 0) {
    options.left_out.push_back(module);
    return true;
  }
  // It came with the import of another one.
  if (contains(options.excluded, module)) return false;
  options.excluded.push_back(module);
  return true;
}

// What cannot be frozen is left out, with all that imports it; a boot for each finding.
Status build_with_what_can_be_frozen(BuildOptions options) {
  constexpr int kMostBoots = 8;
  Status built = build(options);
  // Somebody has changed a file meanwhile, or the machine had no room.
  if (!built && built.error().blamed.empty()) built = build(options);
  for (int boots = 1; boots < kMostBoots && !built && !built.error().blamed.empty(); ++boots) {
    bool is_less = false;
    for (const std::string& module : built.error().blamed) is_less |= leave_out(module, options);
    if (!is_less) break;
    built = build(options);
  }
  return built;
}

std::string real_path(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::canonical(path, error);
}

// The same program in the same directory, which decides about a virtual environment.
bool is_interpreter(const std::string& path, const PythonInterpreter& python) {
  const auto directory = [](const std::filesystem::path& of) {
    return real_path(of.parent_path());
  };
  return real_path(path) == python.file && directory(path) == directory(python.executable);
}

bool is_program(const ProgramAbout& about, const ScannedProgram& program) {
  return program.kind == format::ProgramKind::kModule
             ? about.module == program.name
             : !about.script.empty() && real_path(about.script) == program.name;
}

}  // namespace

Status build_learned(BuildOptions options, const Configuration& configuration,
                     const std::string& project_directory) {
  std::erase_if(options.learned, [&configuration](const std::string& module) {
    return !excluding(configuration, module).empty();
  });
  if (!options.modules.empty() || !options.code_only.empty() || !options.warm_up.empty())
    options.search_directory = project_directory;
  return build_with_what_can_be_frozen(options);
}

std::vector<std::string> cached_modules(const PythonInterpreter& python,
                                        const ScannedProgram& program) {
  std::vector<std::string> modules;
  const Result<std::vector<CachedProgram>> cached = list_cache();
  if (!cached) return modules;
  for (const CachedProgram& candidate : *cached) {
    if (!is_program(candidate.about, program)) continue;
    if (!is_interpreter(candidate.about.interpreter, python)) continue;
    for (const CachedImage& image : candidate.images) {
      const Result<ImageFile> file = ImageFile::open(image.path);
      if (file) add_once(modules, texts_of(file->view(), file->view().modules()));
    }
  }
  return modules;
}

}  // namespace pysnap::launcher
