// manifest.json: what a directory of prewarmed images holds (docs/prewarm.md).
//
// Deployments read it, and `pysnap prewarm` does, to keep what has not changed. Launches do not:
// they find an image by its path alone (format/program_key.h). It is written last, in one step: a
// run that was killed leaves the old one, whose digests then tell what is not its.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/error.h"

namespace pysnap::launcher {

inline constexpr uint32_t kManifestVersion = 1;
inline constexpr const char* kManifestName = "manifest.json";

struct ManifestEntry {
  std::string form;  // the key that names the program in the configuration
  std::string name;
  std::vector<std::string> arguments;
  std::string interpreter;
  std::vector<std::string> python_options;
  std::string image;   // relative to the directory: KEY/VARIANT.image
  std::string digest;  // SHA-256 of the image, hexadecimal
  uint64_t size = 0;   // of the image, in bytes
  uint64_t modules = 0;
  bool is_trusted = false;
  std::vector<std::string> files;         // that the image maps or has copied
  std::vector<std::string> dependencies;  // paths that it depends on otherwise
  nlohmann::ordered_json inputs;          // what it was made from: equal ones make an equal image
};

// The entries of a directory's manifest; none where there is no manifest that can be read.
std::vector<ManifestEntry> read_manifest(const std::string& directory);

// `mode`: of the file.
support::Status write_manifest(const std::string& directory,
                               const std::vector<ManifestEntry>& entries, mode_t mode);

nlohmann::ordered_json to_json(const ManifestEntry& entry);
ManifestEntry entry_from_json(const nlohmann::ordered_json& json);

// Whether a path of a manifest is one that `pysnap prewarm` gives to images. Others are not
// touched, whoever wrote them there.
bool is_image_path(const std::string& path);

// SHA-256 of a file, hexadecimal.
support::Result<std::string> file_digest(const std::string& path);

}  // namespace pysnap::launcher
