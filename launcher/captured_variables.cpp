// One pass over the pages for all values together: a search for each of some fifty values through
// the 55 MB of pandas took 0.5 s. Eight bytes cannot lie anywhere without covering a whole aligned
// word of four, so only these words are looked up, in a table of bits that stays in the first-level
// cache; what it lets pass is compared.
#include "launcher/captured_variables.h"

#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <unordered_map>

#include "launcher/file_state.h"

namespace pysnap::launcher {
namespace {

constexpr size_t kShortest = 8;
constexpr size_t kWord = sizeof(uint32_t);

struct Wanted {
  std::string name;
  std::string value;
  bool is_found = false;
};

class Search {
 public:
  explicit Search(std::vector<Wanted>& wanted) : wanted_(wanted) {
    for (size_t i = 0; i < wanted.size(); ++i) {
      for (size_t at = 0; at < kWord; ++at) {
        uint32_t word;
        std::memcpy(&word, wanted[i].value.data() + at, kWord);
        places_.insert({word, {i, at}});
        filter_.set(slot(word));
      }
    }
  }

  void look_through(const std::vector<std::byte>& bytes) {
    for (size_t at = 0; at + kWord <= bytes.size(); at += kWord) {
      uint32_t word;
      std::memcpy(&word, bytes.data() + at, kWord);
      if (filter_.test(slot(word))) compare(word, bytes, at);
    }
  }

 private:
  struct Place {
    size_t index;   // of the wanted one
    size_t offset;  // of the word in its value
  };

  static size_t slot(uint32_t word) { return word * 0x9e3779b1u >> 16; }

  void compare(uint32_t word, const std::vector<std::byte>& bytes, size_t at) {
    const auto [first, last] = places_.equal_range(word);
    for (auto place = first; place != last; ++place) {
      Wanted& wanted = wanted_[place->second.index];
      const size_t offset = place->second.offset;
      if (wanted.is_found || at < offset || wanted.value.size() > bytes.size() - (at - offset))
        continue;
      wanted.is_found =
          std::memcmp(bytes.data() + at - offset, wanted.value.data(), wanted.value.size()) == 0;
    }
  }

  std::vector<Wanted>& wanted_;
  std::unordered_multimap<uint32_t, Place> places_;
  std::bitset<1 << 16> filter_;
};

bool is_known(const std::string& value, const std::vector<std::string>& paths) {
  return value.starts_with('/') &&
         std::any_of(paths.begin(), paths.end(),
                     [&value](const std::string& path) { return is_in(path, value); });
}

// Those that login(1), a shell, a terminal or a desktop sets for everybody.
constexpr std::string_view kOfSessions[] = {
    "COLORTERM", "DISPLAY",  "EDITOR",  "HOME",      "HOSTNAME", "LANG",        "LANGUAGE",
    "LESSCLOSE", "LESSOPEN", "LOGNAME", "LS_COLORS", "MAIL",     "MANPATH",     "OLDPWD",
    "PAGER",     "PATH",     "PWD",     "SHELL",     "TEMP",     "TERM",        "TERM_PROGRAM",
    "TMP",       "TMPDIR",   "TZ",      "USER",      "VISUAL",   "VIRTUAL_ENV", "_",
};
constexpr std::string_view kBeginnings[] = {"LC_", "LD_", "PYTHON", "XDG_", "OMP_", "OPENBLAS_"};

bool is_of_sessions(const std::string& name) {
  return std::any_of(std::begin(kOfSessions), std::end(kOfSessions),
                     [&name](const std::string_view known) { return name == known; }) ||
         std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                     [&name](const std::string_view begin) { return name.starts_with(begin); });
}

std::string value_of(const std::string& name, const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) {
    if (variable.starts_with(name + "=")) return variable.substr(name.size() + 1);
  }
  return "";
}

// A path, or a list of them as in PATH. A token may begin with a slash too, so they must be there.
bool leads_to_files(const std::string& value) {
  if (value.empty()) return false;
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find(':', begin), value.size());
    const std::string path = value.substr(begin, end - begin);
    if (!path.starts_with('/') || ::access(path.c_str(), F_OK) != 0) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::vector<std::string> captured_variables(const snapshot::Snapshot& snapshot,
                                            const std::vector<std::string>& environment,
                                            const std::vector<std::string>& known_paths) {
  std::vector<Wanted> wanted;
  for (const std::string& variable : environment) {
    const size_t end = variable.find('=');
    if (end == std::string::npos) continue;
    const std::string value = variable.substr(end + 1);
    if (value.size() >= kShortest && !is_known(value, known_paths))
      wanted.push_back({variable.substr(0, end), value});
  }
  Search search(wanted);
  for (const snapshot::CapturedRegion& region : snapshot.regions) search.look_through(region.bytes);
  std::vector<std::string> names;
  for (const Wanted& one : wanted) {
    if (one.is_found) names.push_back(one.name);
  }
  return names;
}

std::vector<std::string> secret_variables(const std::vector<std::string>& names,
                                          const std::vector<std::string>& environment) {
  std::vector<std::string> secret;
  std::copy_if(names.begin(), names.end(), std::back_inserter(secret),
               [&environment](const std::string& name) {
                 return !is_of_sessions(name) && !leads_to_files(value_of(name, environment));
               });
  return secret;
}

}  // namespace pysnap::launcher
