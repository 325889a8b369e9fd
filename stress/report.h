// What a replay prints: text for people, JSON for programs.

#ifndef COREPOOL_STRESS_REPORT_H_
#define COREPOOL_STRESS_REPORT_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "stress/exit_code.h"
#include "stress/run_record.h"
#include "stress/scenarios/can_replay.h"

namespace corepool::stress {

// A finished replay and what was asked for.
struct ReplayRun {
  std::string source;  // the log's name or names
  ReplayOptions options;
  std::string speed = "asap";  // as --speed says it
  absl::Duration stall;
  absl::Duration max_gap;
  ReplayResult result;
  std::size_t recommended_blocks = 0;
  std::size_t clock_jumps = 0;
  std::size_t skipped_lines = 0;
};

// What the replay proved or failed to prove, worst first.
ExitCode Verdict(const ReplayResult& result);

// For a terminal of 80 columns.
std::string ReportAsText(const ReplayRun& run);

// The same for all other reports, as one scenario.
ScenarioRecord ReportAsScenario(const ReplayRun& run);

// What only replays of CAN logs have, for RunRecord::results_json; every field is
// described in docs/stress_cli.md.
std::string ResultsAsJson(const ReplayRun& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_REPORT_H_
