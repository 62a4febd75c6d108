#include "launcher/doctor_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "launcher/cache_checks.h"
#include "launcher/finding.h"
#include "launcher/json_text.h"
#include "launcher/machine_checks.h"
#include "launcher/trial.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kNote:
      return "note";
    case Verdict::kNo:
      return "no";
  }
  return "";
}

void append(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

// The trial comes last: what it stumbles over has been named by then.
Findings examine(const std::string& python) {
  Findings findings = check_kernel();
  append(findings, check_limits());
  Examined parts = check_parts(python);
  append(findings, parts.findings);
  ExaminedCache cache = check_cache();
  append(findings, std::move(cache.findings));
  findings.push_back(check_criu());
  findings.push_back(check_trial(parts, cache.existing));
  return findings;
}

// One line, whatever a program has printed.
std::string in_one_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  for (size_t end; (end = text.find('\n')) != std::string::npos;) text.replace(end, 1, " | ");
  return text;
}

void print_line(const Finding& finding) {
  std::string text = finding.found;
  for (const std::string& part : {finding.consequence, finding.way_out}) {
    if (!part.empty()) text += "; " + part;
  }
  fmt::print("{:4}  {:20}  {}\n", name_of(finding.verdict), finding.check, in_one_line(text));
}

void print_json(const Findings& findings, Health health) {
  ordered_json checks = ordered_json::array();
  for (const Finding& finding : findings) {
    checks.push_back({{"check", finding.check},
                      {"verdict", name_of(finding.verdict)},
                      {"found", finding.found},
                      {"consequence", text_or_null(finding.consequence)},
                      {"way_out", text_or_null(finding.way_out)}});
  }
  const ordered_json all = {{"works", health == Health::kGood}, {"checks", std::move(checks)}};
  fmt::print("{}\n", json_text(all));
}

}  // namespace

Health examine_machine(const std::string& python, OutputForm form) {
  const Findings findings = examine(python);
  const bool lacking = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::kNo;
  });
  const Health health = lacking ? Health::kLacking : Health::kGood;
  if (form == OutputForm::kJson) {
    print_json(findings, health);
  } else {
    for (const Finding& finding : findings) print_line(finding);
  }
  return health;
}

}  // namespace pysnap::launcher
