#include "launcher/configuration_text.h"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

#include "launcher/closest_name.h"
#include "launcher/name_list.h"
#include "launcher/python_options.h"
#include "launcher/startup_variables.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;

// All that is wrong with a file, so that one reading is enough to repair it.
class Complaints {
 public:
  explicit Complaints(const std::string& file) : file_(file) {}

  void add(const toml::source_region& place, const std::string& sentence) {
    list_.push_back({place.begin.line, sentence});
  }
  bool empty() const { return list_.empty(); }

  Error error() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const auto& one, const auto& other) { return one.line < other.line; });
    std::string text;
    for (const Complaint& complaint : list_) {
      text += fmt::format("{}{}:{}: {}", text.empty() ? "" : "\n", file_, complaint.line,
                          complaint.sentence);
    }
    return Error::because(ErrorKind::kInput, text);
  }

 private:
  struct Complaint {
    toml::source_index line;
    std::string sentence;
  };
  std::string file_;
  std::vector<Complaint> list_;
};

std::string kind_of(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (node.is_string()) return "a string";
  if (node.is_boolean()) return "true or false";
  return node.is_number() ? "a number" : "a date or time";
}

// A zero byte would end the text where the system reads it.
bool is_usable(const std::string& text) {
  return !text.empty() && text.find('\0') == std::string::npos;
}

// Import accepts more than the grammar does: `-m my-tool` is a module's name.
bool is_module_name(const std::string& text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c <= ' ') || c == '/' || c == '\x7f';
  });
  return plain && !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string::npos;
}

bool is_variable_name(const std::string& text) {
  return is_usable(text) && text.find('=') == std::string::npos;
}

bool is_any(const std::string&) { return true; }

// One table of the file. The keys it knows are those that were asked for.
class Section {
 public:
  Section(const toml::table& table, std::string prefix, Complaints& complaints)
      : table_(table), prefix_(std::move(prefix)), complaints_(complaints) {}

  const toml::node* find(const std::string& key) {
    known_.push_back(key);
    return table_.get(key);
  }

  void complain(const toml::node& node, const std::string& key, const std::string& what) {
    complaints_.add(node.source(), fmt::format("{}{} {}", prefix_, key, what));
  }

  // Empty when the key is not there or wrong.
  std::string text(const std::string& key) {
    const toml::node* node = find(key);
    if (node == nullptr) return "";
    const auto value = node->value_exact<std::string>();
    if (!value) {
      complain(*node, key, fmt::format("must be a string and is {}", kind_of(*node)));
    } else if (!is_usable(*value)) {
      complain(*node, key, "is empty or holds a zero byte; give it a value or leave it out");
    } else {
      return *value;
    }
    return "";
  }

  // `what`: the things that the list holds; `is_good`: whether a text can be one.
  std::vector<std::string> texts(const std::string& key, const char* what,
                                 bool (*is_good)(const std::string&)) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr) {
      complain(*node, key, fmt::format("must be a list of {} and is {}", what, kind_of(*node)));
      return {};
    }
    std::vector<std::string> values;
    for (const toml::node& element : *array) {
      const auto value = element.value_exact<std::string>();
      if (!value) {
        complain(element, key, fmt::format("must hold {} and holds {}", what, kind_of(element)));
      } else if (!is_good(*value) || value->find('\0') != std::string::npos) {
        complain(element, key, fmt::format("must hold {}, and \"{}\" is none", what, *value));
      } else {
        values.push_back(*value);
      }
    }
    return values;
  }

  void refuse_other_keys() {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (contains(known_, name)) continue;
      complaints_.add(key.source(),
                      fmt::format("there is no key {}{}; the closest one is {}{}", prefix_, name,
                                  prefix_, closest_name(name, known_)));
    }
  }

 private:
  const toml::table& table_;
  std::string prefix_;  // what stands before a key in a sentence
  Complaints& complaints_;
  std::vector<std::string> known_;
};

class Parser {
 public:
  explicit Parser(const std::string& file)
      : directory_(std::filesystem::path(file).parent_path()), complaints_(file) {
    configuration_.file = file;
  }

  void read(const toml::table& table, const std::string& prefix) {
    Section section(table, prefix, complaints_);
    configuration_.modules = section.texts("modules", "names of modules", is_module_name);
    configuration_.excluded = section.texts("exclude", "names of modules", is_module_name);
    configuration_.code_only = section.texts("code-only", "names of modules", is_module_name);
    configuration_.allowed_captured =
        section.texts("allow-captured", "names of modules or paths of objects", is_usable);
    configuration_.warm_up = path(section.text("warm-up"));
    read_environment(section, prefix);
    read_choices(section);
    read_place(section);
    read_programs(section, prefix);
    section.refuse_other_keys();
    refuse_contradictions(section);
  }
  void complain(const toml::source_region& place, const std::string& sentence) {
    complaints_.add(place, sentence);
  }

  Result<std::optional<Configuration>> result() {
    if (!complaints_.empty()) return support::fail(complaints_.error());
    return std::optional(std::move(configuration_));
  }

 private:
  std::string path(const std::string& text) const {
    return text.empty() ? text : (directory_ / text).lexically_normal().string();
  }

  void read_environment(Section& section, const std::string& prefix) {
    const toml::node* node = section.find("environment");
    if (node == nullptr) return;
    if (!node->is_table()) {
      section.complain(*node, "environment",
                       fmt::format("must be a table and is {}", kind_of(*node)));
      return;
    }
    Section inner(*node->as_table(), prefix + "environment.", complaints_);
    configuration_.ignored_variables =
        inner.texts("ignore", "names of variables", is_variable_name);
    configuration_.key_variables = inner.texts("key", "names of variables", is_variable_name);
    inner.refuse_other_keys();
    for (const std::string& name : configuration_.ignored_variables) {
      if (!decides_start(name)) continue;
      inner.complain(
          *node->as_table()->get("ignore"), "ignore",
          fmt::format("holds {}, which decides how the interpreter starts; take it out", name));
    }
    for (const std::string& name : configuration_.key_variables) {
      if (!contains(configuration_.ignored_variables, name)) continue;
      inner.complain(*node->as_table()->get("key"), "key",
                     fmt::format("holds {}, and ignore holds it too; take it out of one", name));
    }
  }

  void read_choices(Section& section) {
    if (const std::string checks = section.text("checks"); checks == "none") {
      configuration_.checks = Checks::kNone;
    } else if (!checks.empty() && checks != "files") {
      section.complain(*section.find("checks"), "checks",
                       fmt::format("is \"{}\" and can be \"files\" or \"none\"", checks));
    }
    if (const std::string base = section.text("base"); !base.empty() && base != "random") {
      section.complain(*section.find("base"), "base",
                       fmt::format("is \"{}\", and only \"random\" exists so far", base));
    }
    if (const std::string backend = section.text("backend"); backend == "criu") {
      section.complain(*section.find("backend"), "backend",
                       "is \"criu\", which does not exist yet; leave it out or say \"elf\"");
    } else if (!backend.empty() && backend != "elf") {
      section.complain(*section.find("backend"), "backend",
                       fmt::format("is \"{}\", and only \"elf\" exists so far", backend));
    }
  }

  void read_place(Section& section) {
    if (const std::string aslr = section.text("aslr"); aslr == "launch") {
      configuration_.aslr = Aslr::kLaunch;
      configuration_.relocatable = Relocatable::kPrefer;
    } else if (!aslr.empty() && aslr != "image") {
      section.complain(*section.find("aslr"), "aslr",
                       fmt::format("is \"{}\" and can be \"launch\" or \"image\"", aslr));
    }
    const std::string wanted = section.text("relocatable");
    if (wanted.empty()) return;
    for (const Relocatable choice :
         {Relocatable::kNo, Relocatable::kPrefer, Relocatable::kRequire}) {
      if (wanted == name_of(choice)) configuration_.relocatable = choice;
    }
    if (wanted != name_of(configuration_.relocatable)) {
      section.complain(
          *section.find("relocatable"), "relocatable",
          fmt::format("is \"{}\" and can be \"no\", \"prefer\" or \"require\"", wanted));
    } else if (wanted == "no" && configuration_.aslr == Aslr::kLaunch) {
      section.complain(*section.find("relocatable"), "relocatable",
                       "is \"no\", and aslr is \"launch\", which needs images that move; take "
                       "out one of them");
    }
  }

  void read_programs(Section& section, const std::string& prefix) {
    const toml::node* node = section.find("programs");
    if (node == nullptr) return;
    if (!node->is_array()) {
      section.complain(*node, "programs",
                       fmt::format("must be a list of tables, each begun with [[{}programs]], and "
                                   "is {}",
                                   prefix, kind_of(*node)));
      return;
    }
    for (const toml::node& element : *node->as_array()) {
      if (element.is_table()) {
        read_program(*element.as_table(), prefix + "programs.");
      } else {
        section.complain(element, "programs",
                         fmt::format("must hold tables and holds {}", kind_of(element)));
      }
    }
  }

  void read_program(const toml::table& table, const std::string& prefix) {
    Section section(table, prefix, complaints_);
    ConfiguredProgram program;
    size_t forms = 0;
    for (const ProgramForm form :
         {ProgramForm::kScript, ProgramForm::kModule, ProgramForm::kEntryPoint}) {
      const std::string name = section.text(name_of(form));
      if (!table.contains(name_of(form))) continue;
      ++forms;
      program.form = form;
      program.name = form == ProgramForm::kScript ? path(name) : name;
      if (form == ProgramForm::kModule && !name.empty() && !is_module_name(name))
        section.complain(*table.get(name_of(form)), name_of(form),
                         fmt::format("is \"{}\", which is no name of a module", name));
    }
    if (forms != 1)
      complain(table.source(),
               fmt::format("a table of {} needs one of script, module and "
                           "entry-point, and has {}",
                           prefix.substr(0, prefix.size() - 1), forms == 0 ? "none" : "several"));
    program.arguments = section.texts("arguments", "strings", is_any);
    program.python = section.text("python");
    if (program.python.find('/') != std::string::npos) program.python = path(program.python);
    read_python_options(section, program);
    section.refuse_other_keys();
    configuration_.programs.push_back(std::move(program));
  }

  void read_python_options(Section& section, ConfiguredProgram& program) {
    const std::string text = section.text("python-options");
    Result<std::vector<std::string>> options = read_identity_options(text);
    if (!options) {
      section.complain(*section.find("python-options"), "python-options",
                       fmt::format("cannot be used: {}", options.error().sentence));
      return;
    }
    program.python_options = std::move(*options);
  }

  // What an excluded package holds is excluded too.
  void refuse_contradictions(Section& section) {
    const auto compare = [&](const char* key, const std::vector<std::string>& names) {
      for (const std::string& name : names) {
        if (const std::string& excluded = excluding(configuration_, name); !excluded.empty())
          section.complain(
              *section.find(key), key,
              fmt::format("holds {}, and exclude holds {}; take out one of them", name, excluded));
      }
    };
    compare("modules", configuration_.modules);
    compare("code-only", configuration_.code_only);
    for (const std::string& name : configuration_.code_only) {
      if (contains(configuration_.modules, name))
        section.complain(
            *section.find("code-only"), "code-only",
            fmt::format("holds {}, and modules holds it too; take it out of one", name));
    }
  }

  std::filesystem::path directory_;
  Complaints complaints_;
  Configuration configuration_;
};

}  // namespace

Result<std::optional<Configuration>> parse_configuration(const std::string& text,
                                                         const std::string& file) {
  Parser parser(file);
  try {
    const toml::table table = toml::parse(text);
    if (std::filesystem::path(file).filename() != "pyproject.toml") {
      parser.read(table, "");
      return parser.result();
    }
    const toml::node_view<const toml::node> settings = table["tool"]["pysnap"];
    if (!settings) return std::optional<Configuration>();
    if (settings.is_table())
      parser.read(*settings.as_table(), "tool.pysnap.");
    else
      parser.complain(
          settings.node()->source(),
          fmt::format("tool.pysnap must be a table and is {}", kind_of(*settings.node())));
  } catch (const toml::parse_error& error) {
    parser.complain(error.source(), fmt::format("this is no TOML: {}", error.description()));
  }
  return parser.result();
}

}  // namespace pysnap::launcher
