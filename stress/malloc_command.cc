#include "stress/malloc_command.h"

#include <cstddef>
#include <cstdint>
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
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/interruption.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_flags.h"
#include "stress/run_record.h"
#include "stress/scenarios/malloc_replay.h"
#include "stress/session.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/trace_format.h"

ABSL_FLAG(std::string, pools, "",
          "classes such as 64x100,128x20, or a file with them; what advise says");

namespace corepool::stress {
namespace {

// What --pools and --duration say, of which only traces make something else than
// scenarios do.
absl::StatusOr<ClassTable> PoolsFromFlag() {
  const std::string pools = absl::GetFlag(FLAGS_pools);
  if (pools.empty()) return ClassTable();
  return ClassTableFromFlag("pools", pools);
}

absl::StatusOr<std::int64_t> DurationFromFlag() {
  const absl::Duration duration =
      absl::GetFlag(FLAGS_duration).value_or(absl::ZeroDuration());
  if (duration < absl::ZeroDuration() || duration > absl::Hours(24 * 365)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration=", absl::FormatDuration(duration),
                     " is not between nothing and a year"));
  }
  return absl::ToInt64Nanoseconds(duration);
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
  ready.advice.skipped_lines += opened.skipped_lines;
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
  const absl::StatusOr<ClassTable> pools = PoolsFromFlag();
  if (!pools.ok()) return FailLines(kUsage, pools.status());
  const absl::StatusOr<std::int64_t> duration = DurationFromFlag();
  if (!duration.ok()) return FailLines(kUsage, duration.status());
  const auto begun = Session::Begin("replay", files);
  if (!begun.ok()) return FailLines(CodeOf(begun.status()), begun.status());
  Session& session = **begun;
  const LoadOptions& load = session.load();
  if (load.rate != 0) {
    return Fail(kUsage,
                "--rate is not for traces, which have a pace of their own: --speed=1x");
  }
  session.record().config.emplace_back("speed", flags.speed_text);
  // All are read before any is replayed: what is wrong with one is told at once.
  std::vector<ReadyTrace> ready;
  for (OpenedTrace& trace : traces) {
    absl::StatusOr<ReadyTrace> one = Prepare(std::move(trace), flags);
    if (absl::IsCancelled(one.status())) return session.Finish();
    if (!one.ok()) return FailLines(CodeOf(one.status()), one.status());
    ready.push_back(*std::move(one));
  }

  const auto count = static_cast<int>(ready.size());
  session.Expect(count, count * *duration);
  std::vector<ScenarioRecord>& records = session.record().scenarios;
  for (ReadyTrace& one : ready) {
    if (session.interrupted()) break;
    const MallocReplayOptions options = {
        .table = pools->empty() ? one.advice.table : *pools,
        .load = load,
        .speed = flags.speed,
        .max_gap_ns = absl::ToInt64Nanoseconds(flags.max_gap),
        .largest_block = flags.plan.largest_block,
        .repeat = *duration != 0};
    absl::StatusOr<ScenarioRecord> replayed = session.Run(
        {.name = one.name,
         .summary = absl::StrCat(FormatName(one.format), " on a MultiPool"),
         .work =
             [&](RunControl& control) {
               return ReplayMalloc(*one.trace, one.advice.counts, options, control);
             }},
        load, {.duration_ns = *duration},
        [&records](const ScenarioRecord& stuck) { records.push_back(stuck); });
    if (!replayed.ok()) return FailLines(CodeOf(replayed.status()), replayed.status());
    if (one.advice.skipped_lines != 0) {
      replayed->figures.push_back({"malformed lines that were skipped",
                                   static_cast<double>(one.advice.skipped_lines), ""});
    }
    records.push_back(*std::move(replayed));
  }
  return session.Finish();
}

}  // namespace corepool::stress
