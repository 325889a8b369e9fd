#include "stress/output/units.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/exit_code.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

constexpr std::array<std::pair<double, const char*>, 4> kSuffixes = {
    {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};

// Three digits, never in powers of ten.
std::string ThreeDigits(double value) {
  const double size = std::abs(value);
  return absl::StrFormat("%.*f", size >= 99.95 ? 0 : (size >= 9.995 ? 1 : 2), value);
}

template <typename Record>
std::vector<std::string> Unique(const std::vector<Record>& records,
                                std::string Record::* name) {
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const Record& record : records) {
    const int count = ++seen[record.*name];
    names.push_back(count == 1 ? record.*name : absl::StrCat(record.*name, "#", count));
  }
  return names;
}

}  // namespace

double Seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

double PerSecond(std::uint64_t count, std::int64_t nanoseconds) {
  return nanoseconds <= 0 ? 0 : static_cast<double>(count) / Seconds(nanoseconds);
}

std::string TimeText(double nanoseconds) {
  if (nanoseconds < 999.5) return absl::StrFormat("%.0f ns", nanoseconds);
  if (nanoseconds < 999.5e3) return ThreeDigits(nanoseconds / 1e3) + " us";
  if (nanoseconds < 999.5e6) return ThreeDigits(nanoseconds / 1e6) + " ms";
  return ThreeDigits(nanoseconds / 1e9) + " s";
}

std::string CountText(double count) {
  for (const auto& [size, suffix] : kSuffixes) {
    if (std::abs(count) >= size * 0.9995) return ThreeDigits(count / size) + suffix;
  }
  return absl::StrFormat("%.0f", count);
}

std::string TimeLabel(double nanoseconds) {
  if (nanoseconds < 999.5) return absl::StrFormat("%.3g ns", nanoseconds);
  if (nanoseconds < 999.5e3) return absl::StrFormat("%.3g us", nanoseconds / 1e3);
  if (nanoseconds < 999.5e6) return absl::StrFormat("%.3g ms", nanoseconds / 1e6);
  return absl::StrFormat("%.4g s", nanoseconds / 1e9);
}

std::string CountLabel(double count) {
  for (const auto& [size, suffix] : kSuffixes) {
    if (count >= size * 0.9995) return absl::StrFormat("%.3g%s", count / size, suffix);
  }
  return absl::StrFormat("%.3g", count);
}

std::string Grouped(std::uint64_t count) {
  std::string text = absl::StrCat(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, '\'');
  return text;
}

std::string FigureText(const Figure& figure) {
  if (!std::isfinite(figure.value)) return "none";
  if (figure.unit == "ns") return TimeText(figure.value);
  const double size = std::abs(figure.value);
  const bool whole = figure.value == std::floor(figure.value);
  const std::string number = size >= 1e5 ? CountText(figure.value)
                             : whole || size >= 100
                                 ? absl::StrFormat("%.0f", figure.value)
                                 : absl::StrFormat("%.3g", figure.value);
  return figure.unit.empty() ? number : absl::StrCat(number, " ", figure.unit);
}

const char* VerdictWord(ExitCode code) {
  switch (code) {
    case kPass: return "PASS";
    case kUsage: return "NONE";
    case kIncorrect: return "FAIL";
    case kLeak: return "LEAK";
    case kGateMissed: return "SLOW";
    case kResource: return "LACK";
    case kInterrupted: return "STOP";
  }
  return "";
}

const char* VerdictText(ExitCode code) {
  switch (code) {
    case kPass: return "nothing lost, nothing doubled, every gate kept";
    case kUsage: return "nothing was run";
    case kIncorrect: return "correctness was violated";
    case kLeak: return "blocks were not given back";
    case kGateMissed: return "a gate was missed";
    case kResource: return "something was short or refused";
    case kInterrupted: return "interrupted; correct until then";
  }
  return "";
}

ExitCode VerdictOf(const ScenarioRecord& scenario) {
  RunRecord run;
  run.scenarios.push_back({});
  run.scenarios.back().checks = scenario.checks;
  return scenario.skipped.empty() ? Verdict(run) : kPass;
}

std::vector<std::string> UniqueNames(const RunRecord& run) {
  return Unique(run.scenarios, &ScenarioRecord::name);
}

std::vector<std::string> UniqueOperations(const ScenarioRecord& scenario) {
  return Unique(scenario.latencies, &LatencyRecord::operation);
}

const char* KindName(Check::Kind kind) {
  switch (kind) {
    case Check::Kind::kCorrectness: return "correctness";
    case Check::Kind::kLeak: return "leak";
    case Check::Kind::kGate: return "gate";
    case Check::Kind::kResource: return "resource";
  }
  return "";
}

std::string SettingOf(const Settings& settings, const std::string& name) {
  for (const auto& [key, value] : settings) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace corepool::stress
