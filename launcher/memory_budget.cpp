#include "launcher/memory_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "support/file.h"

namespace pysnap::launcher {
namespace {

constexpr uint64_t kUnlimited = UINT64_MAX;

std::optional<uint64_t> number_at(const std::string& text, size_t place) {
  place = text.find_first_not_of(" \t", place);
  if (place == std::string::npos) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + place, text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::optional<uint64_t> number_in(const std::string& file) {
  const support::Result<std::string> text = support::read_text(file);
  return text ? number_at(*text, 0) : std::nullopt;  // "max" is no number
}

// What a group and those above it have left.
uint64_t left_in_group(const std::string& group) {
  const std::filesystem::path root = "/sys/fs/cgroup";
  uint64_t left = kUnlimited;
  for (std::filesystem::path at = root / group.substr(1);
       at.native().size() >= root.native().size(); at = at.parent_path()) {
    const std::optional<uint64_t> limit = number_in(at / "memory.max");
    const std::optional<uint64_t> used = number_in(at / "memory.current");
    if (limit && used) left = std::min(left, *limit > *used ? *limit - *used : 0);
  }
  return left;
}

}  // namespace

uint64_t available_in(const std::string& meminfo) {
  constexpr const char* kLine = "MemAvailable:";
  const size_t line = meminfo.find(kLine);
  if (line == std::string::npos) return kUnlimited;
  const std::optional<uint64_t> kilobytes =
      number_at(meminfo, line + std::char_traits<char>::length(kLine));
  return kilobytes ? *kilobytes * 1024 : kUnlimited;
}

std::string control_group_in(const std::string& text) {
  constexpr const char* kUnified = "0::/";  // cgroups(7), version 2
  const size_t line = text.starts_with(kUnified) ? 0 : text.find(fmt::format("\n{}", kUnified));
  if (line == std::string::npos) return "";
  const size_t begin = text.find('/', line);
  return text.substr(begin, text.find('\n', begin) - begin);
}

uint64_t available_memory() {
  const support::Result<std::string> meminfo = support::read_text("/proc/meminfo");
  const support::Result<std::string> groups = support::read_text("/proc/self/cgroup");
  const std::string group = groups ? control_group_in(*groups) : "";
  return std::min(meminfo ? available_in(*meminfo) : kUnlimited,
                  group.empty() ? kUnlimited : left_in_group(group));
}

uint64_t memory_of_build(uint64_t size) {
  constexpr uint64_t kUnknown = uint64_t{128} << 20;  // as large as an image of pandas and more
  constexpr uint64_t kAlways = uint64_t{64} << 20;
  return kAlways + 3 * (size == 0 ? kUnknown : size);
}

}  // namespace pysnap::launcher
