#include "stress/can_command.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "stress/clock.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/gates.h"
#include "stress/interruption.h"
#include "stress/load_flags.h"
#include "stress/outputs.h"
#include "stress/progress.h"
#include "stress/report.h"
#include "stress/run_context.h"
#include "stress/run_flags.h"
#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_survey.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/line_source.h"
#include "stress/trace/timeline.h"
#include "stress/trace_input.h"

ABSL_FLAG(std::uint64_t, window, 64, "asap: most frames under way on a bus");

namespace corepool::stress {
namespace {

// What the flags ask for, or what is wrong with one of them.
absl::StatusOr<ReplayOptions> OptionsFromFlags(const TraceFlags& flags) {
  ReplayOptions options;
  options.open_loop = flags.speed != 0;
  options.pool_blocks = absl::GetFlag(FLAGS_pool_blocks).value_or(256);
  options.block_size = absl::GetFlag(FLAGS_block_size);
  options.window = absl::GetFlag(FLAGS_window);
  options.seed = absl::GetFlag(FLAGS_seed);
  if (options.pool_blocks == 0 && !options.open_loop) {
    return absl::InvalidArgumentError(
        "--pool_blocks=0: without a block no frame can ever be taken; with "
        "--speed=1x all of them are dropped");
  }
  if (options.window == 0) {
    return absl::InvalidArgumentError("--window=0 lets no frame on its way");
  }
  return options;
}

// The report of a replay that was interrupted while its logs were checked.
ExitCode EndBeforeItBegan(const Gates& gates, const std::vector<std::string>& files) {
  const absl::StatusOr<Outputs> outputs = Outputs::FromFlags(files);
  if (!outputs.ok()) return Fail(CodeOf(outputs.status()), outputs.status().message());
  RunRecord record = BeginRecord("replay");
  record.interrupted = true;
  ConcludeRecord(gates, record);
  return outputs->Finish(record);
}

}  // namespace

ExitCode ReplayCanLogs(std::vector<OpenedTrace> logs, const TraceFlags& flags,
                       const std::vector<std::string>& files) {
  const absl::StatusOr<ReplayOptions> options = OptionsFromFlags(flags);
  if (!options.ok()) return Fail(kUsage, options.status().message());
  const absl::StatusOr<Gates> gates = Gates::FromFlags();
  if (!gates.ok()) return Fail(kUsage, gates.status().message());
  const absl::StatusOr<Progress::Mode> mode = Progress::ModeFromFlag();
  if (!mode.ok()) return Fail(kUsage, mode.status().message());

  ReplayRun run;
  run.options = *options;
  run.speed = flags.speed_text;
  run.stall = flags.stall;
  run.max_gap = flags.max_gap;
  std::vector<LineSource*> lines;
  for (const OpenedTrace& log : logs) {
    lines.push_back(log.lines.get());
    absl::StrAppend(&run.source, run.source.empty() ? "" : ", ", log.name);
    run.skipped_lines += log.skipped_lines;
  }
  const Interruption interruption;
  CandumpReader log(std::move(lines), flags.candump);
  const absl::StatusOr<CanSurvey> survey =
      SurveyCanLog(log, run.max_gap, run.stall, &Interruption::happened);
  if (absl::IsCancelled(survey.status())) return EndBeforeItBegan(*gates, files);
  if (!survey.ok()) return Fail(CodeOf(survey.status()), survey.status().message());
  run.skipped_lines += log.skipped_lines();
  run.clock_jumps = survey->clock_jumps;
  run.recommended_blocks = survey->recommended_blocks;
  if (options->block_size != 0 && options->block_size < SmallestBlock(*survey)) {
    return Fail(kUsage, absl::StrFormat("--block_size=%d is too small for this log's "
                                        "frames, which need %d bytes",
                                        options->block_size, SmallestBlock(*survey)));
  }
  const absl::StatusOr<Outputs> outputs = Outputs::FromFlags(files);
  if (!outputs.ok()) return Fail(CodeOf(outputs.status()), outputs.status().message());

  const Timeline timeline(run.max_gap, flags.speed != 0 ? flags.speed : 1);
  RunRecord record = BeginRecord("replay");
  const std::int64_t began = Now();
  const std::int64_t duration = absl::ToInt64Nanoseconds(
      absl::GetFlag(FLAGS_duration).value_or(absl::InfiniteDuration()));
  run.options.enough = [began, duration] {
    return Interruption::happened() || Now() - began >= duration;
  };
  Progress progress(*mode);
  absl::StatusOr<ReplayResult> result =
      ReplayCan(log, *survey, timeline, run.options, [&](std::uint64_t frames_out) {
        progress.Show({.scenario = "can_replay",
                       .elapsed_ns = Now() - began,
                       .operations = frames_out,
                       .most_operations = survey->frames});
      });
  progress.Clear();
  if (!result.ok()) return Fail(CodeOf(result.status()), result.status().message());
  run.result = *std::move(result);
  record.interrupted = Interruption::happened();
  record.elapsed_ns = Now() - began;
  record.scenarios.push_back(ReportAsScenario(run));
  record.config = record.scenarios.front().config;
  record.results_json = ResultsAsJson(run);
  ConcludeRecord(*gates, record);
  return outputs->Finish(record, ReportAsText(run));
}

}  // namespace corepool::stress
