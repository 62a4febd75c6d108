// Compares whole processes: A B C ... A B C ..., so that a change of the machine's mood meets all
// of them alike. Minimums and ratios of one run are what to quote; see docs/results/launch.md.
#include <sched.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "case_file.h"
#include "process_run.h"
#include "report.h"

namespace pysnap::bench {
namespace {

struct Options {
  std::string case_file;
  std::string json_file;
  std::string markdown_file;
  int runs = 40;
  int warm_ups = 3;
  int processor = -1;
};

Result<void> stay_on(int processor) {
  if (processor < 0) return {};
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  CPU_SET(static_cast<size_t>(processor), &allowed);
  if (::sched_setaffinity(0, sizeof allowed, &allowed) == 0) return {};
  return system_fail(fmt::format("cannot stay on processor {}", processor), errno);
}

Result<Sample> run_case(const Case& one) {
  Result<Sample> sample = run_once(one.arguments);
  if (!sample) return fail(fmt::format("{}: {}", one.name, sample.error().sentence));
  // A wrong answer is no result, however fast.
  if (one.output && *one.output != sample->output) {
    return fail(
        fmt::format("{}: printed '{}' and not '{}'", one.name, sample->output, *one.output));
  }
  return sample;
}

// One pass over all cases. Warm-up passes are not kept: they fill the page cache and the caches
// of the interpreters.
enum class Keep { kNo, kYes };

Result<void> run_round(std::vector<Measurement>& measurements, Keep keep) {
  for (Measurement& measurement : measurements) {
    Result<Sample> sample = run_case(measurement.what);
    if (!sample) return tl::unexpected(sample.error());
    if (keep == Keep::kYes) measurement.samples.push_back(std::move(*sample));
  }
  return {};
}

Result<void> look_at_memory(std::vector<Measurement>& measurements) {
  for (Measurement& measurement : measurements) {
    if (measurement.what.held_arguments.empty()) continue;
    const Result<MemoryShape> memory = measure_held(measurement.what.held_arguments);
    if (!memory) {
      return fail(fmt::format("{}: {}", measurement.what.name, memory.error().sentence));
    }
    measurement.memory = *memory;
  }
  return {};
}

Result<Report> measure(const Options& options) {
  Result<std::vector<Case>> cases = read_cases(options.case_file);
  if (!cases) return tl::unexpected(cases.error());
  std::vector<Measurement> measurements;
  for (Case& one : *cases) measurements.push_back({std::move(one), {}, std::nullopt});

  for (int round = -options.warm_ups; round < options.runs; ++round) {
    const Result<void> done = run_round(measurements, round < 0 ? Keep::kNo : Keep::kYes);
    if (!done) return tl::unexpected(done.error());
  }
  const long own_peak_kib = own_peak_memory_kib();
  const Result<void> looked = look_at_memory(measurements);
  if (!looked) return tl::unexpected(looked.error());
  return Report{std::move(measurements), own_peak_kib};
}

Result<void> write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return {};
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return fail(fmt::format("cannot write {}", path));
  return {};
}

Result<void> run(const Options& options) {
  const Result<void> pinned = stay_on(options.processor);
  if (!pinned) return pinned;
  const Result<Report> report = measure(options);
  if (!report) return tl::unexpected(report.error());
  const std::string table = markdown(*report);
  fmt::print("{}", table);
  return write_file(options.markdown_file, table).and_then([&] {
    return write_file(options.json_file, json(*report));
  });
}

}  // namespace
}  // namespace pysnap::bench

int main(int count, char** arguments) {
  pysnap::bench::Options options;
  CLI::App app("Compares whole processes, run in turns.", "whole-process-bench");
  app.add_option("cases", options.case_file, "JSON file with the commands")->required();
  app.add_option("--runs", options.runs, "rounds that count")->check(CLI::PositiveNumber);
  app.add_option("--warm-ups", options.warm_ups, "rounds before")->check(CLI::NonNegativeNumber);
  app.add_option("--processor", options.processor, "stay on this processor, children too");
  app.add_option("--markdown", options.markdown_file, "write the tables here as well");
  app.add_option("--json", options.json_file, "write everything measured here");
  CLI11_PARSE(app, count, arguments);

  const pysnap::bench::Result<void> done = pysnap::bench::run(options);
  if (done) return 0;
  fmt::print(stderr, "whole-process-bench: {}\n", done.error().sentence);
  return 1;
}
