#include "report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace pysnap::bench {
namespace {

constexpr const char* kTableHead =
    "| command | min ms | median ms | first output ms | CPU ms | faults | mappings | dirty KiB "
    "| peak MiB | times faster |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";

// The values of one field over all samples, sorted; empty when a sample lacks it.
template <typename Field>
std::vector<double> sorted(const std::vector<Sample>& samples, Field field) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(field(sample));
  std::sort(values.begin(), values.end());
  return values;
}

double median(const std::vector<double>& ascending) {
  const size_t middle = ascending.size() / 2;
  if (ascending.size() % 2 == 1) return ascending[middle];
  return (ascending[middle - 1] + ascending[middle]) / 2;
}

// In milliseconds, to a tenth of a microsecond: more digits would be noise.
double milliseconds(Microseconds time) { return std::round(time.count() * 10) / 1e4; }

std::vector<double> milliseconds_until_reaped(const Measurement& measurement) {
  return sorted(measurement.samples, [](const Sample& s) { return milliseconds(s.until_reaped); });
}

double median_processor_milliseconds(const Measurement& measurement) {
  return median(
      sorted(measurement.samples, [](const Sample& s) { return milliseconds(s.processor); }));
}

double median_faults(const Measurement& measurement) {
  return median(sorted(measurement.samples,
                       [](const Sample& s) { return static_cast<double>(s.minor_faults); }));
}

long peak_memory_kib(const Measurement& measurement) {
  long peak = 0;
  for (const Sample& sample : measurement.samples) peak = std::max(peak, sample.peak_memory_kib);
  return peak;
}

std::optional<double> best_first_output_milliseconds(const Measurement& measurement) {
  std::optional<double> best;
  for (const Sample& sample : measurement.samples) {
    if (!sample.until_first_output) return std::nullopt;
    const double value = milliseconds(*sample.until_first_output);
    best = std::min(best.value_or(value), value);
  }
  return best;
}

std::optional<double> times_faster(const Measurement& measurement,
                                   const std::vector<Measurement>& all) {
  for (const Measurement& other : all) {
    if (other.what.name == measurement.what.baseline && &other != &measurement) {
      return milliseconds_until_reaped(other).front() /
             milliseconds_until_reaped(measurement).front();
    }
  }
  return std::nullopt;
}

std::string peak_text(const Measurement& measurement, long own_peak_kib) {
  const long peak = peak_memory_kib(measurement);
  const bool is_bound = peak <= own_peak_kib;
  return fmt::format("{}{:.1f}", is_bound ? "≤ " : "", static_cast<double>(peak) / 1024);
}

std::string row(const Measurement& measurement, const Report& report) {
  const std::vector<double> times = milliseconds_until_reaped(measurement);
  const std::optional<double> first = best_first_output_milliseconds(measurement);
  const std::optional<double> ratio = times_faster(measurement, report.measurements);
  const std::optional<MemoryShape>& memory = measurement.memory;
  return fmt::format(
      "| {} | {:.2f} | {:.2f} | {} | {:.2f} | {:.0f} | {} | {} | {} | {} |\n",
      measurement.what.name, times.front(), median(times),
      first ? fmt::format("{:.2f}", *first) : "", median_processor_milliseconds(measurement),
      median_faults(measurement), memory ? fmt::to_string(memory->mappings) : "",
      memory ? fmt::to_string(memory->private_dirty_kib) : "",
      peak_text(measurement, report.own_peak_kib), ratio ? fmt::format("{:.2f}", *ratio) : "");
}

nlohmann::json record(const Measurement& measurement, const std::vector<Measurement>& all) {
  const std::vector<double> times = milliseconds_until_reaped(measurement);
  nlohmann::json result = {
      {"name", measurement.what.name},
      {"group", measurement.what.group},
      {"argv", measurement.what.arguments},
      {"min_ms", times.front()},
      {"median_ms", median(times)},
      {"cpu_ms", median_processor_milliseconds(measurement)},
      {"minor_faults", median_faults(measurement)},
      {"peak_kib", peak_memory_kib(measurement)},
      {"ascending_ms", times},
  };
  if (const auto first = best_first_output_milliseconds(measurement)) {
    result["first_output_ms"] = *first;
  }
  if (measurement.memory) {
    result["mappings"] = measurement.memory->mappings;
    result["private_dirty_kib"] = measurement.memory->private_dirty_kib;
    result["proportional_kib"] = measurement.memory->proportional_kib;
  }
  if (const auto ratio = times_faster(measurement, all)) {
    result["baseline"] = measurement.what.baseline;
    result["times_faster"] = *ratio;
  }
  return result;
}

}  // namespace

std::string markdown(const Report& report) {
  std::string text;
  std::string group;
  for (const Measurement& measurement : report.measurements) {
    if (text.empty() || measurement.what.group != group) {
      group = measurement.what.group;
      text += fmt::format("{}### {}\n\n{}", text.empty() ? "" : "\n", group, kTableHead);
    }
    text += row(measurement, report);
  }
  return text;
}

std::string json(const Report& report) {
  nlohmann::json list = nlohmann::json::array();
  for (const Measurement& measurement : report.measurements) {
    list.push_back(record(measurement, report.measurements));
  }
  return nlohmann::json{{"cases", list}, {"own_peak_kib", report.own_peak_kib}}.dump(2) + "\n";
}

}  // namespace pysnap::bench
