#include "snapshot/memory_map.h"

#include <sys/mman.h>

#include "support/file.h"
#include "support/parse.h"

namespace pysnap::snapshot {
namespace {

using support::Error;
using support::ErrorKind;
using support::parse_number;
using support::Result;

constexpr std::string_view kDeleted = " (deleted)";

std::string_view take_word(std::string_view& line) {
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

bool parse_range(std::string_view word, Mapping& mapping) {
  const size_t dash = word.find('-');
  return dash != std::string_view::npos && parse_number(word.substr(0, dash), 16, mapping.begin) &&
         parse_number(word.substr(dash + 1), 16, mapping.end) && mapping.begin < mapping.end;
}

bool parse_protection(std::string_view word, Mapping& mapping) {
  if (word.size() != 4) return false;
  mapping.protection = (word[0] == 'r' ? PROT_READ : 0u) | (word[1] == 'w' ? PROT_WRITE : 0u) |
                       (word[2] == 'x' ? PROT_EXEC : 0u);
  mapping.sharing = word[3] == 's' ? Sharing::kShared : Sharing::kPrivate;
  return true;
}

// "begin-end perms offset device inode    path"
bool parse_header(std::string_view line, Mapping& mapping) {
  if (!parse_range(take_word(line), mapping)) return false;
  if (!parse_protection(take_word(line), mapping)) return false;
  if (!parse_number(take_word(line), 16, mapping.offset)) return false;
  take_word(line);  // device
  if (!parse_number(take_word(line), 10, mapping.inode)) return false;
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  mapping.file_is_gone = line.ends_with(kDeleted);
  if (mapping.file_is_gone) line.remove_suffix(kDeleted.size());
  mapping.path = std::string(line);
  return true;
}

// Header lines begin with a hexadecimal range, detail lines with "Name:".
bool is_header(std::string_view line) {
  const size_t dash = line.find('-');
  const size_t colon = line.find(':');
  return dash != std::string_view::npos && (colon == std::string_view::npos || dash < colon) &&
         line.find_first_not_of("0123456789abcdef") == dash;
}

}  // namespace

Result<std::vector<Mapping>> parse_memory_map(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_header(line)) {
      Mapping mapping;
      if (!parse_header(line, mapping)) {
        return support::fail(Error::because(
            ErrorKind::kInternal, fmt::format("this line of smaps is not understood: {}", line)));
      }
      mappings.push_back(std::move(mapping));
    } else if (line.starts_with("VmFlags:") && !mappings.empty()) {
      mappings.back().wipe_on_fork = line.find(" wf") != std::string_view::npos;
      mappings.back().droppable = line.find(" dp") != std::string_view::npos;
    }
  }
  return mappings;
}

Result<std::vector<Mapping>> read_memory_map(pid_t process) {
  const Result<std::string> text = support::read_text(fmt::format("/proc/{}/smaps", process));
  if (!text) return support::fail(text.error());
  return parse_memory_map(*text);
}

}  // namespace pysnap::snapshot
