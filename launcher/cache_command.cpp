#include "launcher/cache_command.h"

#include <chrono>
#include <cstdlib>

#include "launcher/image_cache.h"
#include "launcher/image_file.h"
#include "launcher/json_text.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// "5 min"; a time in the future is now: clocks go backwards.
std::string age(int64_t since) {
  const int64_t seconds = std::max<int64_t>(0, now() - since);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86400);
}

std::string megabytes(uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string state(const CachedProgram& program) {
  if (!program.images.empty()) return megabytes(program.size());
  return program.failure ? "failed" : "building";
}

// What `pysnap build` would have said; nobody was there to hear it.
std::vector<std::string> notices_of(const CachedImage& image) {
  const Result<ImageFile> file = ImageFile::open(image.path);
  if (!file) return {};
  return texts_of(file->view(), file->view().notices());
}

nlohmann::ordered_json described(const CachedProgram& program) {
  nlohmann::ordered_json images = nlohmann::ordered_json::array();
  for (const CachedImage& image : program.images)
    images.push_back(
        {{"path", image.path}, {"size", image.size}, {"made", image.made / kNanosecondsPerSecond}});
  nlohmann::ordered_json failure;
  if (program.failure) failure = *program.failure;
  return {{"key", program.key},
          {"program", program.about.program},
          {"interpreter", program.about.interpreter},
          {"working_directory", program.about.working_directory},
          {"images", images},
          {"hits", program.hits},
          {"last_used", program.last_used / kNanosecondsPerSecond},
          {"last_miss", program.about.reason},
          {"failure", failure}};
}

void print_program(const CachedProgram& program) {
  fmt::print("key          {}\nprogram      {}\ninterpreter  {}\ndirectory    {}\n", program.key,
             program.about.program, program.about.interpreter, program.about.working_directory);
  for (const CachedImage& image : program.images) {
    fmt::print("image        {}, {}, made {} ago\n", image.path, megabytes(image.size),
               age(image.made / kNanosecondsPerSecond));
    for (const std::string& notice : notices_of(image)) fmt::print("note         {}\n", notice);
  }
  fmt::print("hits         {}\nlast miss    {}\n", program.hits, program.about.reason);
  if (program.failure) fmt::print("failed       {}", *program.failure);
}

void print_removed(const std::vector<CachedProgram>& removed) {
  uint64_t bytes = 0;
  for (const CachedProgram& program : removed) bytes += program.size();
  fmt::print("{} {} removed, {}\n", removed.size(), removed.size() == 1 ? "program" : "programs",
             megabytes(bytes));
}

}  // namespace

Status cache_list(bool as_json) {
  const Result<std::vector<CachedProgram>> programs = list_cache();
  if (!programs) return support::fail(programs.error());
  if (as_json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const CachedProgram& program : *programs) list.push_back(described(program));
    fmt::print("{}\n", json_text(list));
    return {};
  }
  const std::string cache = cache_directory().value_or("");
  if (programs->empty()) fmt::print("the cache {} holds no images\n", cache);
  uint64_t bytes = 0;
  for (const CachedProgram& program : *programs) {
    bytes += program.size();
    fmt::print("{:.8}  {:>10}  {:>6} hits  used {:>6} ago  {}\n", program.key, state(program),
               program.hits, age(program.last_used / kNanosecondsPerSecond), program.about.program);
  }
  if (!programs->empty()) fmt::print("{} in {}\n", megabytes(bytes), cache);
  return {};
}

Status cache_show(const std::string& wanted, bool as_json) {
  const Result<std::vector<CachedProgram>> programs = list_cache();
  if (!programs) return support::fail(programs.error());
  bool any = false;
  for (const CachedProgram& program : *programs) {
    if (!program.key.starts_with(wanted) && program.about.program.find(wanted) == std::string::npos)
      continue;
    if (as_json)
      fmt::print("{}\n", json_text(described(program)));
    else
      fmt::print("{}", any ? "\n" : ""), print_program(program);
    any = true;
  }
  if (any) return {};
  return support::fail(Error::because(
      ErrorKind::kInput,
      fmt::format("no program in the cache is {}; `pysnap cache list` shows them", wanted)));
}

Status cache_prune(const std::string& size) {
  if (!size.empty()) ::setenv("PYSNAP_CACHE_SIZE", size.c_str(), 1);
  const Result<uint64_t> limit = cache_limit();
  if (!limit) return support::fail(limit.error());
  const Result<std::vector<CachedProgram>> removed = prune_cache(*limit);
  if (!removed) return support::fail(removed.error());
  print_removed(*removed);
  return {};
}

Status cache_clear() {
  const Result<std::vector<CachedProgram>> removed = clear_cache();
  if (!removed) return support::fail(removed.error());
  print_removed(*removed);
  return {};
}

}  // namespace pysnap::launcher
