#include "launcher/config_command.h"

#include "launcher/configuration.h"
#include "launcher/json_text.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;
using support::Result;
using support::Status;

ordered_json describe(const ConfiguredProgram& program) {
  return {{name_of(program.form), program.name},
          {"arguments", program.arguments},
          {"python", text_or_null(program.python)},
          {"python-options", program.python_options}};
}

// The keys of the file, in the order of docs/configuration.md.
ordered_json describe(const Configuration& configuration) {
  ordered_json programs = ordered_json::array();
  for (const ConfiguredProgram& program : configuration.programs)
    programs.push_back(describe(program));
  return {{"file", text_or_null(configuration.file)},
          {"modules", configuration.modules},
          {"exclude", configuration.excluded},
          {"code-only", configuration.code_only},
          {"allow-captured", configuration.allowed_captured},
          {"warm-up", text_or_null(configuration.warm_up)},
          {"environment",
           {{"ignore", configuration.ignored_variables}, {"key", configuration.key_variables}}},
          {"checks", name_of(configuration.checks)},
          {"base", name_of(configuration.base)},
          {"aslr", name_of(configuration.aslr)},
          {"relocatable", name_of(configuration.relocatable)},
          {"backend", name_of(configuration.backend)},
          {"programs", std::move(programs)},
          {"notices", configuration.notices}};
}

std::string in_words(const ordered_json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  for (const ordered_json& element : value) {
    if (!text.empty()) text += ' ';
    text += element.get<std::string>();
  }
  return text.empty() ? "none" : text;
}

void print_line(const std::string& key, const ordered_json& value) {
  fmt::print("{:18} {}\n", key, in_words(value));
}

void print_text(const ordered_json& settings) {
  for (const auto& [key, value] : settings.items()) {
    if (key == "programs" || key == "notices") continue;
    if (!value.is_object()) {
      print_line(key, value);
      continue;
    }
    for (const auto& [inner, names] : value.items()) print_line(key + "." + inner, names);
  }
  if (settings["programs"].empty()) print_line("programs", nullptr);
  for (const ordered_json& program : settings["programs"]) {
    std::string words;
    for (const auto& [key, value] : program.items()) {
      if (value.is_null() || value.empty()) continue;
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", key, in_words(value));
    }
    print_line("program", words);
  }
  for (const ordered_json& notice : settings["notices"]) print_line("note", notice);
}

}  // namespace

Status show_configuration(const std::string& directory, OutputForm form) {
  const Result<Configuration> configuration = find_configuration(directory);
  if (!configuration) return support::fail(configuration.error());
  const ordered_json settings = describe(*configuration);
  if (form == OutputForm::kJson) {
    fmt::print("{}\n", json_text(settings));
  } else {
    print_text(settings);
  }
  return {};
}

}  // namespace pysnap::launcher
