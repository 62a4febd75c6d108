#include "launcher/completion_command.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "launcher/run_help.h"

namespace pysnap::launcher {
namespace {

struct OptionFacts {
  std::vector<std::string> names;  // with their dashes
  std::string description;
  bool takes_value;
};

struct CommandFacts {
  std::string name;
  std::string description;
  std::vector<OptionFacts> options;
};

std::vector<OptionFacts> options_of(const CLI::App& app) {
  std::vector<OptionFacts> all;
  for (const CLI::Option* option : app.get_options()) {
    OptionFacts facts = {{}, option->get_description(), option->get_items_expected_max() > 0};
    for (const std::string& name : option->get_lnames()) facts.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) facts.names.push_back("-" + name);
    if (!facts.names.empty()) all.push_back(std::move(facts));
  }
  return all;
}

std::vector<CommandFacts> commands_of(const CLI::App& app) {
  std::vector<CommandFacts> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back({command->get_name(), command->get_description(), options_of(*command)});
  return commands;
}

// The freestanding program knows its options by comparing texts; its help lists them, one a line:
// "  --name VALUE   what it does".
std::vector<OptionFacts> options_of_run() {
  std::vector<OptionFacts> options;
  std::string_view rest = kRunHelp;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.starts_with("  --")) continue;
    line.remove_prefix(2);
    const size_t name_end = line.find_first_of(" =");
    const std::string_view behind = line.substr(name_end);
    const bool takes_value = behind.size() > 1 && behind[1] >= 'A' && behind[1] <= 'Z';
    const std::string_view value = takes_value ? behind.substr(1) : behind;
    const std::string_view gap = value.substr(std::min(value.find(' '), value.size()));
    const size_t text = gap.find_first_not_of(' ');
    options.push_back({{std::string(line.substr(0, name_end))},
                       std::string(text == std::string_view::npos ? "" : gap.substr(text)),
                       takes_value});
  }
  return options;
}

std::string words_of(const std::vector<OptionFacts>& options) {
  std::string words;
  for (const OptionFacts& option : options) {
    for (const std::string& name : option.names) words += (words.empty() ? "" : " ") + name;
  }
  return words;
}

std::string escaped(const std::string& text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// Within single quotes of bash and zsh nothing is special but their end.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

constexpr const char* kBash =
    R"(# bash: completes pysnap and pysnap-run. Made by `pysnap completion bash`.
# Where nothing of ours fits, bash completes names of files.
_pysnap() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} names=
    if [ "$COMP_CWORD" -eq 1 ]; then
        names='{commands}'
    elif [[ $word == -* ]]; then
        case ${{COMP_WORDS[1]}} in
{cases}        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
}}
_pysnap_run() {{
    local word=${{COMP_WORDS[COMP_CWORD]}}
    COMPREPLY=()
    [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W '{run}' -- "$word")
}}
complete -o default -F _pysnap pysnap
complete -o default -F _pysnap_run pysnap-run
)";

std::string for_bash(const CLI::App& app) {
  std::string names;
  std::string cases;
  for (const CommandFacts& command : commands_of(app)) {
    names += command.name + " ";
    cases +=
        fmt::format("            {}) names='{}' ;;\n", command.name, words_of(command.options));
  }
  return fmt::format(kBash, fmt::arg("commands", names + words_of(options_of(app))),
                     fmt::arg("cases", cases), fmt::arg("run", words_of(options_of_run())));
}

// _arguments of zshcompsys(1): 'OPTION[DESCRIPTION]:MESSAGE:ACTION'; a * lets it be repeated.
std::string zsh_arguments(const std::vector<OptionFacts>& options, const char* rest) {
  std::string text = "_arguments";
  for (const OptionFacts& option : options) {
    for (const std::string& name : option.names) {
      const std::string spec = fmt::format("*{}[{}]{}", name, escaped(option.description, "[]:\\"),
                                           option.takes_value ? ":value:_files" : "");
      text += fmt::format(" \\\n            {}", quoted(spec));
    }
  }
  return text + fmt::format(" \\\n            {}", rest);
}

std::string for_zsh(const CLI::App& app) {
  std::string names;
  std::string cases;
  for (const CommandFacts& command : commands_of(app)) {
    const std::string entry = escaped(command.name, ":") + ":" + command.description;
    names += fmt::format("        {}\n", quoted(entry));
    cases += fmt::format("        {})\n            {} ;;\n", command.name,
                         zsh_arguments(command.options, "'*:file:_files'"));
  }
  const std::string run = zsh_arguments(options_of_run(), "'*::program:_files'");
  return fmt::format(
      "#compdef pysnap pysnap-run\n"
      "# zsh: completes pysnap and pysnap-run. Made by `pysnap completion zsh`.\n"
      "if [[ $service == pysnap-run ]]; then\n"
      "    {run}\n"
      "elif (( CURRENT == 2 )); then\n"
      "    local -a choices=(\n{names}    )\n"
      "    _describe command choices\n"
      "else\n"
      "    shift words\n"
      "    (( CURRENT-- ))\n"
      "    case $words[1] in\n{cases}    esac\n"
      "fi\n",
      fmt::arg("run", run), fmt::arg("names", names), fmt::arg("cases", cases));
}

// complete(1) of fish: -l and -s name an option without its dashes, -r says that it takes a value.
std::string fish_lines(const std::string& start, const std::vector<OptionFacts>& options) {
  std::string lines;
  for (const OptionFacts& option : options) {
    std::string names;
    for (const std::string& name : option.names)
      names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    lines += fmt::format("{}{}{} -d '{}'\n", start, names, option.takes_value ? " -r" : "",
                         escaped(option.description, "'\\"));
  }
  return lines;
}

std::string for_fish(const CLI::App& app) {
  constexpr const char* kFirst = "complete -c pysnap -n __fish_use_subcommand";
  std::string text =
      "# fish: completes pysnap and pysnap-run. Made by `pysnap completion fish`.\n" +
      fish_lines(kFirst, options_of(app));
  for (const CommandFacts& command : commands_of(app)) {
    text += fmt::format("{} -f -a {} -d '{}'\n", kFirst, command.name,
                        escaped(command.description, "'\\"));
    text += fish_lines(
        fmt::format("complete -c pysnap -n '__fish_seen_subcommand_from {}'", command.name),
        command.options);
  }
  return text + fish_lines("complete -c pysnap-run", options_of_run());
}

}  // namespace

std::string completion_for(const CLI::App& pysnap, const std::string& shell) {
  if (shell == "bash") return for_bash(pysnap);
  return shell == "zsh" ? for_zsh(pysnap) : for_fish(pysnap);
}

}  // namespace pysnap::launcher
