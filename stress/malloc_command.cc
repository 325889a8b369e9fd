#include "stress/malloc_command.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "stress/advice/class_planner.h"
#include "stress/advice/class_table.h"
#include "stress/clock.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/gates.h"
#include "stress/interruption.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/outputs.h"
#include "stress/progress.h"
#include "stress/run_context.h"
#include "stress/run_control.h"
#include "stress/run_flags.h"
#include "stress/run_record.h"
#include "stress/scenarios/malloc_replay.h"
#include "stress/session.h"
#include "stress/supervisor.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/trace_format.h"

ABSL_FLAG(std::string, pools, "",
          "classes such as 64x100,128x20, or a file with them; what advise says");

namespace corepool::stress {
namespace {

// What the flags say for all traces of a run.
struct MallocRun {
  LoadOptions load;
  ClassTable pools;  // empty: what each trace needs
  std::int64_t duration_ns = 0;
  Progress::Mode mode = Progress::Mode::kOff;
  Gates gates;
};

absl::StatusOr<MallocRun> MallocRunFromFlags() {
  MallocRun run;
  const absl::StatusOr<LoadOptions> load = LoadFromFlags();
  if (!load.ok()) return load.status();
  run.load = *load;
  if (load->rate != 0) {
    return absl::InvalidArgumentError(
        "--rate is not for traces, which have their own pace: --speed=1x");
  }
  if (const std::string pools = absl::GetFlag(FLAGS_pools); !pools.empty()) {
    absl::StatusOr<ClassTable> table = ClassTableFromFlag("pools", pools);
    if (!table.ok()) return table.status();
    run.pools = *std::move(table);
  }
  const absl::Duration duration =
      absl::GetFlag(FLAGS_duration).value_or(absl::ZeroDuration());
  if (duration < absl::ZeroDuration() || duration > absl::Hours(24 * 365)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration=", absl::FormatDuration(duration),
                     " is not between nothing and a year"));
  }
  run.duration_ns = absl::ToInt64Nanoseconds(duration);
  const absl::StatusOr<Progress::Mode> mode = Progress::ModeFromFlag();
  if (!mode.ok()) return mode.status();
  run.mode = *mode;
  const absl::StatusOr<Gates> gates = Gates::FromFlags();
  if (!gates.ok()) return gates.status();
  run.gates = *gates;
  return run;
}

// A trace that has been read once or twice, and is known to have no faults.
struct ReadyTrace {
  std::string name;
  TraceFormat format;
  std::unique_ptr<MallocTrace> trace;
  TraceAdvice advice;
};

absl::StatusOr<ReadyTrace> Prepare(OpenedTrace opened, const TraceFlags& flags) {
  ReadyTrace ready;
  ready.name = std::move(opened.name);
  ready.format = opened.format;
  absl::StatusOr<std::unique_ptr<MallocTrace>> trace =
      OpenMallocTrace(std::move(opened.lines), opened.format,
                      flags.candump.skip_bad_lines, flags.generator);
  if (!trace.ok()) return trace.status();
  ready.trace = *std::move(trace);
  if (flags.speed != 0 && !ready.trace->has_clock()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--speed=", flags.speed_text, ": ", ready.name, " is ",
                     FormatName(ready.format), ", which has no times"));
  }
  absl::StatusOr<TraceAdvice> advice =
      AdviseForTrace(*ready.trace, flags.plan, &Interruption::happened);
  if (!advice.ok()) return advice.status();
  ready.advice = *std::move(advice);
  return ready;
}

}  // namespace

std::string_view MallocFlagsHelp() {
  return R"(  --pools=             classes such as 64x100,128x20 (100 blocks of 64 bytes, ...), or
                       a file with them, or with the FIXED lines that advise prints.
                       Without: what advise says
  --threads=0          0: one for each of the trace, at most 64; else its threads share
                       so many
  --duration=0         again and again for so long; 0: once
)";
}

ExitCode ReplayMallocTraces(std::vector<OpenedTrace> traces, const TraceFlags& flags,
                            const std::vector<std::string>& files) {
  const absl::StatusOr<MallocRun> run = MallocRunFromFlags();
  if (!run.ok()) return FailLines(kUsage, run.status());
  const absl::StatusOr<Outputs> outputs = Outputs::FromFlags(files);
  if (!outputs.ok()) return FailLines(CodeOf(outputs.status()), outputs.status());
  absl::Status status = PrepareMachine(run->load);
  if (!status.ok()) return FailLines(kResource, status);

  const Interruption interruption;
  RunRecord record = BeginRecord("replay");
  record.config = LoadSettings(run->load);
  record.config.emplace_back("speed", flags.speed_text);
  const std::int64_t began = Now();
  // All are read before any is replayed: what is wrong with one is told at once.
  std::vector<ReadyTrace> ready;
  for (OpenedTrace& trace : traces) {
    absl::StatusOr<ReadyTrace> one = Prepare(std::move(trace), flags);
    if (absl::IsCancelled(one.status())) break;
    if (!one.ok()) return FailLines(CodeOf(one.status()), one.status());
    ready.push_back(*std::move(one));
  }

  Progress progress(run->mode);
  int number = 0;
  for (ReadyTrace& one : ready) {
    if (Interruption::happened()) break;
    ++number;
    ScenarioRecord blank;
    blank.name = one.name;
    blank.summary = absl::StrCat(FormatName(one.format), " on a MultiPool");
    blank.began_ns = Now() - began;
    MallocReplayOptions options = {
        .table = run->pools.empty() ? one.advice.table : run->pools,
        .load = run->load,
        .speed = flags.speed,
        .max_gap_ns = absl::ToInt64Nanoseconds(flags.max_gap),
        .largest_block = flags.plan.largest_block,
        .repeat = run->duration_ns != 0};
    RunControl control;
    absl::StatusOr<ScenarioRecord> replayed = [&] {
      const Supervisor supervisor(
          control,
          {.duration_ns = run->duration_ns,
           .rt_priority = run->load.rt_priority,
           .progress =
               [&](std::int64_t, std::uint64_t operations) {
                 progress.Show({.scenario = one.name,
                                .number = number,
                                .of = static_cast<int>(ready.size()),
                                .elapsed_ns = Now() - began,
                                .operations = operations});
               },
           .on_stuck =
               [&] {
                 ScenarioRecord halted = blank;
                 halted.elapsed_ns = Now() - began - blank.began_ns;
                 halted.operations = control.operations();
                 halted.checks.push_back(
                     {Check::Kind::kCorrectness, "threads that do not come back", 1,
                      "an operation does not end, or waits for what never comes"});
                 record.scenarios.push_back(std::move(halted));
                 record.interrupted = Interruption::happened();
                 std::_Exit(outputs->Finish(record));
               }});
      return ReplayMalloc(*one.trace, one.advice.counts, options, control);
    }();
    progress.Clear();
    if (!replayed.ok()) return FailLines(CodeOf(replayed.status()), replayed.status());
    replayed->name = blank.name;
    replayed->summary = blank.summary;
    replayed->began_ns = blank.began_ns;
    replayed->config.emplace_back("source", one.name);
    if (one.advice.skipped_lines != 0) {
      replayed->figures.push_back({"malformed lines that were skipped",
                                   static_cast<double>(one.advice.skipped_lines), ""});
    }
    record.scenarios.push_back(*std::move(replayed));
  }
  record.interrupted = Interruption::happened();
  record.elapsed_ns = Now() - began;
  ConcludeRecord(run->gates, record);
  return outputs->Finish(record);
}

}  // namespace corepool::stress
