#include "launcher/prewarm_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "launcher/finding.h"
#include "launcher/json_text.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;

std::string name_of(const PrewarmedProgram& program) {
  return program.entry.form + " " + program.entry.name;
}

bool has_image(const PrewarmedProgram& program) { return program.state != PrewarmState::kFailed; }

bool is_number(const std::string& cell) {
  return !cell.empty() && cell.front() >= '0' && cell.front() <= '9' && cell.size() < 12;
}

std::vector<std::string> row_of(const PrewarmedProgram& program) {
  const ManifestEntry& entry = program.entry;
  const std::string time = fmt::format("{:.1f} s", program.seconds);
  const std::string state = program.state == PrewarmState::kBuilt
                                ? fmt::format("built: {}", program.reason)
                                : launcher::name_of(program.state);
  if (!has_image(program)) return {name_of(program), "", "", "", time, state};
  return {name_of(program),
          entry.image,
          size_in_words(entry.size),
          fmt::format("{}", entry.modules),
          time,
          state};
}

ordered_json described(const PrewarmedProgram& program) {
  ordered_json json = {
      {"program",
       {{program.entry.form, program.entry.name}, {"arguments", program.entry.arguments}}},
      {"state", launcher::name_of(program.state)},
      {"reason", program.reason},
      {"notices", program.notices},
      {"seconds", program.seconds}};
  if (!has_image(program)) return json;
  json["image"] = program.entry.image;
  json["sha256"] = program.entry.digest;
  json["size"] = program.entry.size;
  json["modules"] = program.entry.modules;
  return json;
}

}  // namespace

std::string table_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += is_number(row[i]) ? fmt::format("{:>{}}", row[i], widths[i])
                                : fmt::format("{:<{}}", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

void print_report(const std::string& directory, const std::vector<PrewarmedProgram>& programs,
                  const std::vector<std::string>& removed) {
  std::vector<std::vector<std::string>> rows = {
      {"program", "image", "size", "modules", "time", "state"}};
  for (const PrewarmedProgram& program : programs) rows.push_back(row_of(program));
  fmt::print("{}", table_of(rows));
  for (const PrewarmedProgram& program : programs) {
    for (const std::string& notice : program.notices)
      fmt::print("note: {}: {}\n", name_of(program), notice);
  }
  for (const std::string& image : removed) fmt::print("removed: {}\n", image);
  fmt::print("{}/{}\n", directory, kManifestName);
  for (const PrewarmedProgram& program : programs) {
    if (!has_image(program))
      fmt::print(stderr, "pysnap: {}: {}\n", name_of(program), program.reason);
  }
}

void print_report_as_json(const std::string& directory,
                          const std::vector<PrewarmedProgram>& programs,
                          const std::vector<std::string>& removed) {
  ordered_json list = ordered_json::array();
  for (const PrewarmedProgram& program : programs) list.push_back(described(program));
  fmt::print(
      "{}\n",
      json_text({{"directory", directory}, {"programs", std::move(list)}, {"removed", removed}}));
}

}  // namespace pysnap::launcher
