#include "launcher/manifest.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/program_key.h"
#include "launcher/json_text.h"
#include "support/file.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;
using support::Error;
using support::ErrorKind;
using support::File;
using support::MappedFile;
using support::Result;
using support::Status;

// A value of another type than it must be counts as missing: somebody has edited the file.
template <typename T>
T value_of(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return {};
  try {
    return found->get<T>();
  } catch (const ordered_json::exception&) {
    return {};
  }
}

}  // namespace

ordered_json to_json(const ManifestEntry& entry) {
  return {{"program", {{entry.form, entry.name}, {"arguments", entry.arguments}}},
          {"interpreter", entry.interpreter},
          {"python_options", entry.python_options},
          {"image", entry.image},
          {"sha256", entry.digest},
          {"size", entry.size},
          {"modules", entry.modules},
          {"trusted", entry.is_trusted},
          {"files", entry.files},
          {"dependencies", entry.dependencies},
          {"inputs", entry.inputs}};
}

ManifestEntry entry_from_json(const ordered_json& json) {
  ManifestEntry entry;
  const auto program = value_of<ordered_json>(json, "program");
  for (const auto& [key, value] : program.items()) {
    if (!value.is_string()) continue;
    entry.form = key;
    entry.name = value.get<std::string>();
  }
  entry.arguments = value_of<std::vector<std::string>>(program, "arguments");
  entry.interpreter = value_of<std::string>(json, "interpreter");
  entry.python_options = value_of<std::vector<std::string>>(json, "python_options");
  entry.image = value_of<std::string>(json, "image");
  entry.digest = value_of<std::string>(json, "sha256");
  entry.size = value_of<uint64_t>(json, "size");
  entry.modules = value_of<uint64_t>(json, "modules");
  entry.is_trusted = value_of<bool>(json, "trusted");
  entry.files = value_of<std::vector<std::string>>(json, "files");
  entry.dependencies = value_of<std::vector<std::string>>(json, "dependencies");
  entry.inputs = value_of<ordered_json>(json, "inputs");
  return entry;
}

std::vector<ManifestEntry> read_manifest(const std::string& directory) {
  std::vector<ManifestEntry> entries;
  const Result<std::string> text = support::read_text(directory + "/" + kManifestName);
  if (!text) return entries;
  const ordered_json json = ordered_json::parse(*text, nullptr, false);
  if (!json.is_object() || value_of<uint32_t>(json, "version") != kManifestVersion) return entries;
  for (const ordered_json& element : value_of<ordered_json>(json, "programs")) {
    ManifestEntry entry = entry_from_json(element);
    if (is_image_path(entry.image)) entries.push_back(std::move(entry));
  }
  return entries;
}

Status write_manifest(const std::string& directory, const std::vector<ManifestEntry>& entries,
                      mode_t mode) {
  ordered_json programs = ordered_json::array();
  for (const ManifestEntry& entry : entries) programs.push_back(to_json(entry));
  const std::string text =
      json_text({{"version", kManifestVersion}, {"programs", std::move(programs)}}) + "\n";
  const std::string path = directory + "/" + kManifestName;
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const Result<File> file = File::create_new(temporary, mode);
  if (!file) return support::fail(file.error());
  Status written = file->write_at(0, std::as_bytes(std::span(text)));
  if (written && ::fchmod(file->descriptor(), mode) != 0)
    written = support::fail(Error::from_errno("setting the mode"));
  if (written) written = file->synchronise();
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = support::fail(Error::from_errno("it cannot be put into its place"));
  if (written) return {};
  ::unlink(temporary.c_str());
  return support::fail(written.error().in(path));
}

bool is_image_path(const std::string& path) {
  const std::string_view ending = format::kImageEnding;
  const size_t slash = path.find('/');
  return slash != std::string::npos && path.ends_with(ending) &&
         format::is_key_text(path.data(), slash) &&
         format::is_key_text(path.data() + slash + 1, path.size() - slash - 1 - ending.size());
}

Result<std::string> file_digest(const std::string& path) {
  const Result<MappedFile> file = MappedFile::map(path);
  if (!file) return support::fail(file.error());
  sha256_ctx context;
  sha256_init(&context);
  const auto bytes = file->bytes();
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&context, sizeof digest, digest);
  std::string text;
  for (const uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace pysnap::launcher
