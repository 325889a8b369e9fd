#include "stress/warnings.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

// A whole number among settings, or 0.
int NumberOf(const Settings& settings, const std::string& name) {
  int number = 0;
  return absl::SimpleAtoi(SettingOf(settings, name), &number) ? number : 0;
}

void DoubtThreads(const RunRecord& run, std::vector<std::string>& doubts) {
  const int cores = NumberOf(run.host, "cores_usable");
  int most = 0;
  int scenarios = 0;
  for (const ScenarioRecord& scenario : run.scenarios) {
    if (!scenario.skipped.empty()) continue;
    const int threads = NumberOf(scenario.config, "threads");
    const int others =
        NumberOf(scenario.config, "producers") + NumberOf(scenario.config, "consumers");
    most = std::max({most, threads, others});
    scenarios += std::max(threads, others) > cores ? 1 : 0;
  }
  if (cores == 0 || scenarios == 0) return;
  doubts.push_back(absl::StrCat("there were up to ", most, " threads for ", cores,
                                cores == 1 ? " core" : " cores", " (", scenarios,
                                scenarios == 1 ? " scenario): " : " scenarios): ",
                                "a thread that waits for its turn counts the wait"));
}

}  // namespace

std::vector<std::string> Doubts(const RunRecord& run) {
  std::vector<std::string> doubts;
  DoubtThreads(run, doubts);
  if (NumberOf(run.config, "rt_prio") == 0) {
    doubts.push_back(
        "threads had no real-time priority (--rt_prio): others may interrupt them");
  }
  if (SettingOf(run.config, "pin") == "none") {
    doubts.push_back("threads were not pinned (--pin=none): they may move");
  }
  const std::string governor = SettingOf(run.host, "governor");
  if (!governor.empty() && governor != "none" && governor != "performance") {
    doubts.push_back(absl::StrCat("the CPU's frequency changes (governor ", governor,
                                  ", not performance)"));
  }
  if (SettingOf(run.host, "smt") == "true") {
    doubts.push_back("SMT is on: hardware threads share a core");
  }
  const std::string quota = SettingOf(run.host, "cpu_quota");
  if (!quota.empty() && quota != "none") {
    doubts.push_back(absl::StrCat("a control group grants ", quota, " cores only"));
  }
  if (SettingOf(run.host, "hypervisor") == "true") {
    doubts.push_back("this is a virtual machine: its host may stop it at any time");
  }
  const std::string sanitizer = SettingOf(run.tool, "sanitizer");
  if (!sanitizer.empty() && sanitizer != "none") {
    doubts.push_back(
        absl::StrCat("this is a build with the ", sanitizer, " sanitizer"));
  }
  if (SettingOf(run.tool, "build") == "debug") {
    doubts.push_back("this is a debug build (not -c opt)");
  }
  const std::string sabotage = SettingOf(run.tool, "sabotage");
  if (!sabotage.empty() && sabotage != "none") {
    doubts.push_back(absl::StrCat("this build is broken on purpose: ", sabotage));
  }
  if (run.timer_resolution_ns > 100 || run.timer_overhead_ns > 200) {
    doubts.push_back(absl::StrCat("the clock is coarse: a step is ",
                                  run.timer_resolution_ns, " ns, a reading takes ",
                                  run.timer_overhead_ns, " ns"));
  }
  return doubts;
}

}  // namespace corepool::stress
