#include "launcher/inspect_command.h"

#include <sys/mman.h>

#include <map>

#include "launcher/byte_map.h"
#include "launcher/image_dependencies.h"
#include "launcher/image_file.h"
#include "launcher/image_relocations.h"
#include "launcher/json_text.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;
using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

const char* kind_name(format::RegionKind kind) {
  switch (kind) {
    case format::RegionKind::kImage:
      return "image";
    case format::RegionKind::kFile:
      return "file";
    case format::RegionKind::kZero:
      return "zero";
    case format::RegionKind::kReserved:
      return "reserved";
    case format::RegionKind::kSharedFile:
      return "shared file";
    case format::RegionKind::kStack:
      return "stack";
  }
  return "unknown";
}

std::string protection_name(uint32_t protection) {
  return {(protection & PROT_READ) != 0 ? 'r' : '-', (protection & PROT_WRITE) != 0 ? 'w' : '-',
          (protection & PROT_EXEC) != 0 ? 'x' : '-'};
}

// Why a launch compares them or does not.
const char* comparison_of(const format::ImageView& view) {
  const uint32_t flags = view.header().flags;
  if ((flags & format::kTrusted) != 0) return "none: the image is trusted";
  if ((flags & format::kDependenciesUnknown) != 0) return "none: they could not be recorded";
  return "at each launch";
}

ordered_json identity_of(const format::ImageView& view) {
  const format::ImageHeader& header = view.header();
  const bool at_checkpoint =
      header.program_kind == static_cast<uint32_t>(format::ProgramKind::kCheckpoint);
  ordered_json program;  // null: whatever a launch names
  if (header.program_kind != 0) program = view.string(header.program);
  return {{"version", header.version},
          {"generation", fmt::format("{:016x}", header.generation)},
          {"program", program},
          {"begins", at_checkpoint ? "at its checkpoint" : "with its first line"},
          {"created", header.created_seconds},
          {"trusted", (header.flags & format::kTrusted) != 0},
          {"dependencies_compared", comparison_of(view)},
          {"aslr", (header.flags & format::kMovesAtLaunch) != 0 ? "launch" : "image"},
          {"interpreter", view.string(header.interpreter)},
          {"interpreter_version", view.string(header.interpreter_version)},
          {"arena", fmt::format("{:#x}-{:#x}", header.arena_low, header.arena_high)},
          {"metadata_size", header.metadata_size},
          {"file_size", header.file_size}};
}

ordered_json regions_of(const format::ImageView& view) {
  ordered_json regions = ordered_json::array();
  for (const format::Region& region : view.regions()) {
    ordered_json entry = {{"address", fmt::format("{:#x}", region.address)},
                          {"size", region.size},
                          {"kind", kind_name(region.kind)},
                          {"protection", protection_name(region.protection)},
                          {"offset", region.offset}};
    if (region.file != 0) entry["file"] = view.string(view.files()[region.file - 1].path);
    regions.push_back(std::move(entry));
  }
  return regions;
}

ordered_json original_files_of(const format::ImageView& view) {
  ordered_json files = ordered_json::array();
  for (const format::File& file : view.files()) {
    files.push_back({{"path", view.string(file.path)},
                     {"size", file.size},
                     {"build_id", view.string(file.build_id)},
                     {"role", file.role == format::FileRole::kMapped ? "mapped" : "copied"}});
  }
  return files;
}

const char* kind_name(format::DependencyKind kind) {
  switch (kind) {
    case format::DependencyKind::kFile:
      return "file";
    case format::DependencyKind::kMissing:
      return "missing";
    case format::DependencyKind::kDirectory:
      return "directory";
    case format::DependencyKind::kListed:
      return "listed directory";
    case format::DependencyKind::kOther:
      return "other";
  }
  return "unknown";
}

ordered_json dependencies_in(const format::ImageView& view) {
  ordered_json entries = ordered_json::array();
  for (const elf_writer::Dependency& dependency : dependencies_of(view)) {
    const elf_writer::FileState& state = dependency.state;
    ordered_json entry = {{"path", dependency.path}, {"kind", kind_name(state.kind)}};
    if (state.kind == format::DependencyKind::kFile) {
      entry["size"] = state.size;
      entry["modified"] =
          fmt::format("{}.{:09}", state.modified_seconds, state.modified_nanoseconds);
    }
    if (state.kind == format::DependencyKind::kListed) {
      const bool every = (dependency.listing.rules & format::kEveryName) != 0;
      entry["names"] =
          every ? ordered_json("every") : ordered_json(dependency.listing.stems.size());
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

ordered_json value_of(const format::ImageView& view, const format::EnvironmentKey& key) {
  switch (key.kind) {
    case format::VariableKind::kUnset:
      return nullptr;
    case format::VariableKind::kValue:
      return view.string(key.value);
    case format::VariableKind::kDigest:
      return {{"digest", fmt::format("{:016x}{:016x}", key.digest.high, key.digest.low)}};
    case format::VariableKind::kIgnored:
    case format::VariableKind::kDirectory:
    case format::VariableKind::kAbsent:
      break;
  }
  return {{"ignored", true}};
}

ordered_json startup_of(const format::ImageView& view) {
  ordered_json variables = ordered_json::object();
  for (const format::EnvironmentKey& key : view.environment()) {
    if (key.kind >= format::VariableKind::kDirectory) continue;
    variables[view.string(key.name)] = value_of(view, key);
  }
  return variables;
}

// Which is compared: the directory itself, or only that something is not there.
ordered_json directory_of(const format::ImageView& view) {
  ordered_json use = {{"path", nullptr}, {"absent", ordered_json::array()}};
  for (const format::EnvironmentKey& key : view.environment()) {
    if (key.kind == format::VariableKind::kDirectory) use["path"] = view.string(key.value);
    if (key.kind == format::VariableKind::kAbsent) use["absent"].push_back(view.string(key.value));
  }
  return use;
}

ordered_json bytes_of(const ImageFile& image) {
  ordered_json ranges = ordered_json::array();
  uint64_t total = 0;
  for (const LabelledRange& range : label_bytes(image)) {
    ranges.push_back({{"offset", range.offset}, {"size", range.size}, {"label", range.label}});
    total += range.size;
  }
  return {{"ranges", std::move(ranges)}, {"total", total}};
}

ordered_json describe(const ImageFile& image, const std::optional<ImageRelocations>& relocations) {
  const format::ImageView view = image.view();
  return {{"identity", identity_of(view)},
          {"modules", texts_of(view, view.modules())},
          {"notices", texts_of(view, view.notices())},
          {"startup_variables", startup_of(view)},
          {"working_directory", directory_of(view)},
          {"captured_variables", texts_of(view, view.captured())},
          {"python_options", texts_of(view, view.options())},
          {"files", original_files_of(view)},
          {"dependencies", dependencies_in(view)},
          {"regions", regions_of(view)},
          {"relocations", describe_relocations(relocations, view.header())},
          {"bytes", bytes_of(image)}};
}

// Sums per label, in order of first appearance.
void print_bytes(const ordered_json& bytes, uint64_t file_size) {
  std::vector<std::pair<std::string, uint64_t>> sums;
  for (const ordered_json& range : bytes["ranges"]) {
    const std::string label = range["label"];
    auto known =
        std::find_if(sums.begin(), sums.end(), [&](const auto& sum) { return sum.first == label; });
    if (known == sums.end()) known = sums.insert(sums.end(), {label, 0});
    known->second += range["size"].get<uint64_t>();
  }
  fmt::print("\nbytes of the file:\n");
  for (const auto& [label, size] : sums) fmt::print("  {:>12}  {}\n", size, label);
  fmt::print("  {:>12}  total (file size {})\n", bytes["total"].get<uint64_t>(), file_size);
}

void print_dependencies(const ordered_json& dependencies) {
  fmt::print("\n{} dependencies:\n", dependencies.size());
  for (const ordered_json& entry : dependencies)
    fmt::print("  {:16} {}\n", entry["kind"].get<std::string>(), entry["path"].get<std::string>());
}

void print_directory(const ordered_json& use) {
  if (use["path"].is_string())
    fmt::print("\nfor launches in {} only\n", use["path"].get<std::string>());
  for (const ordered_json& name : use["absent"])
    fmt::print("\nfor launches in directories without {}\n", name.get<std::string>());
}

void print_text(const ordered_json& facts) {
  for (const auto& [name, value] : facts["identity"].items()) {
    fmt::print("{:20} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  for (const ordered_json& notice : facts["notices"])
    fmt::print("{:20} {}\n", "note", notice.get<std::string>());
  fmt::print("\n{} modules:", facts["modules"].size());
  for (const ordered_json& module : facts["modules"]) fmt::print(" {}", module.get<std::string>());
  fmt::print("\n\noptions of Python:");
  for (const ordered_json& option : facts["python_options"])
    fmt::print(" {}", option.get<std::string>());
  fmt::print("\n\nstart-up variables that were set:\n");
  for (const auto& [name, value] : facts["startup_variables"].items()) {
    if (value.is_string()) fmt::print("  {}={}\n", name, value.get<std::string>());
    if (value.is_object())
      fmt::print("  {} ({})\n", name,
                 value.contains("digest") ? "its value is not shown" : "ignored");
  }
  print_directory(facts["working_directory"]);
  fmt::print("\nvariables whose values are in its pages:");
  for (const ordered_json& name : facts["captured_variables"])
    fmt::print(" {}", name.get<std::string>());
  fmt::print("\n\n{} files that are mapped or copied:\n", facts["files"].size());
  for (const ordered_json& file : facts["files"]) {
    fmt::print("  {:6} {:>10} {} {}\n", file["role"].get<std::string>(),
               file["size"].get<uint64_t>(), file["path"].get<std::string>(),
               file["build_id"].get<std::string>());
  }
  print_dependencies(facts["dependencies"]);
  fmt::print("\n{} regions:\n", facts["regions"].size());
  for (const ordered_json& region : facts["regions"]) {
    fmt::print("  {:>14} {:>10} {} {:11} {}\n", region["address"].get<std::string>(),
               region["size"].get<uint64_t>(), region["protection"].get<std::string>(),
               region["kind"].get<std::string>(), region.value("file", ""));
  }
}

void print_relocations(const ordered_json& relocations) {
  if (relocations.is_null()) {
    fmt::print("\nit is pinned: it has no relocation table\n");
    return;
  }
  fmt::print("\nwords that move with it, in a table of {} bytes:\n",
             relocations["size"].get<uint64_t>());
  for (const auto& [kind, count] : relocations["words"].items())
    fmt::print("  {:>12}  {}\n", count.get<uint64_t>(), kind);
  fmt::print("  {:>12}  hashes that are computed again\n",
             relocations["derived_hashes"].get<uint64_t>());
  fmt::print("  {:>12}  hash tables that are filled again\n",
             relocations["hash_tables"].get<uint64_t>());
}

}  // namespace

Status inspect(const std::string& path, OutputForm form) {
  const Result<ImageFile> image = ImageFile::open(path);
  if (!image) return support::fail(image.error());
  const auto relocations = ImageRelocations::read(*image, path);
  if (!relocations) return support::fail(relocations.error());
  const ordered_json facts = describe(*image, *relocations);
  if (form == OutputForm::kJson) {
    fmt::print("{}\n", json_text(facts));
    return {};
  }
  print_text(facts);
  print_relocations(facts["relocations"]);
  print_bytes(facts["bytes"], image->bytes().size());
  return {};
}

Status verify(const std::string& path) {
  const Result<ImageFile> image = ImageFile::open(path);
  if (!image) return support::fail(image.error());
  const Result<uint64_t> total = image->check_segments(path);
  if (!total) return support::fail(total.error());
  const auto relocations = ImageRelocations::read(*image, path);
  if (!relocations) return support::fail(relocations.error());
  fmt::print("{}: sound, {} of {} bytes checked\n", path, *total, image->bytes().size());
  return {};
}

}  // namespace pysnap::launcher
