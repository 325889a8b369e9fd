#include "stress/report.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "corepool/error.h"
#include "nlohmann/json.hpp"
#include "stress/exit_code.h"
#include "stress/latency_histogram.h"
#include "stress/output/ladder.h"
#include "stress/run_record.h"
#include "stress/scenarios/can_replay.h"

namespace corepool::stress {
namespace {

double Seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

double PerSecond(std::uint64_t count, std::int64_t nanoseconds) {
  return nanoseconds == 0 ? 0 : static_cast<double>(count) / Seconds(nanoseconds);
}

std::string Ladder(const char* name, const LatencyHistogram& latencies) {
  std::string line = absl::StrFormat("  %-9s", name);
  for (const Rung& rung : kLadder) {
    absl::StrAppendFormat(&line, " %10d", latencies.Percentile(rung.percentile));
  }
  return absl::StrFormat("%s %11d\n", line, latencies.max());
}

// One bar for each power of two, from the fastest to the slowest.
std::string Bars(const char* name, const LatencyHistogram& latencies) {
  constexpr std::uint64_t kWidth = 44;
  std::string text = absl::StrFormat("\n%s, ns (%d)\n", name, latencies.total());
  std::uint64_t most = 1;
  for (std::int64_t to = 1; to <= latencies.max() * 2 + 1; to *= 2) {
    most = std::max(most, latencies.CountBetween(to / 2, to));
  }
  bool begun = false;
  for (std::int64_t to = 1; to / 2 <= latencies.max(); to *= 2) {
    const std::uint64_t count = latencies.CountBetween(to / 2, to);
    begun = begun || count > 0;
    if (!begun) continue;
    // Whoever looks for the slowest wants to see it, however rare it is.
    const std::uint64_t length =
        count == 0 ? 0 : std::max<std::uint64_t>(1, count * kWidth / most);
    absl::StrAppendFormat(&text, "  < %10d %10d |%s\n", to, count,
                          std::string(length, '#'));
  }
  return text;
}

std::string CpuText(int cpu) { return cpu < 0 ? "any cpu" : absl::StrCat("cpu ", cpu); }

nlohmann::ordered_json LatencyJson(const LatencyHistogram& latencies) {
  nlohmann::ordered_json json;
  json["count"] = latencies.total();
  json["min"] = latencies.min();
  for (const Rung& rung : kLadder)
    json[rung.key] = latencies.Percentile(rung.percentile);
  json["max"] = latencies.max();
  return json;
}

const char* VerdictText(ExitCode code) {
  switch (code) {
    case kPass: return "PASS: every frame arrived once, whole and in order";
    case kUsage:
    case kGateMissed:
    case kInterrupted: break;
    case kIncorrect: return "FAIL: frames or blocks were lost, doubled or damaged";
    case kLeak: return "FAIL: blocks were not given back";
    case kResource: return "FAIL: the pool was too small, frames were dropped";
  }
  return "";
}

}  // namespace

ExitCode Verdict(const ReplayResult& result) {
  if (!result.correct()) return kIncorrect;
  if (result.pool.used != 0) return kLeak;
  return result.all.exhausted != 0 ? kResource : kPass;
}

std::string ReportAsText(const ReplayRun& run) {
  const ReplayResult& result = run.result;
  const BusResult& all = result.all;
  std::string text = absl::StrFormat(
      "replay of %s, %s\n", run.source,
      run.options.open_loop ? "by the log's clock" : "as fast as possible");
  if (run.options.open_loop && run.speed != "1x") {
    absl::StrAppendFormat(&text, "            at %s its speed\n", run.speed);
  }
  for (const BusResult& bus : result.buses) {
    absl::StrAppendFormat(&text, "  %-8s %9d frames, interrupts on %s, task on %s\n",
                          bus.name, bus.frames_in, CpuText(bus.interrupted_cpu),
                          CpuText(bus.task_cpu));
  }
  absl::StrAppendFormat(&text,
                        "frames      %d in, %d out, %d dropped for want of a block\n",
                        all.frames_in, all.frames_out, all.exhausted);
  absl::StrAppendFormat(&text, "bytes       %d of payload\n", result.payload_bytes);
  absl::StrAppendFormat(
      &text, "wrong       %d lost, %d duplicated, %d out of order, %d damaged\n",
      all.lost, all.duplicated, all.misordered,
      all.damaged + result.background_damaged);
  absl::StrAppendFormat(&text,
                        "throughput  %.0f frames/s, %.3f MB/s of payload, %.3f s\n",
                        PerSecond(all.frames_out, result.elapsed_ns),
                        PerSecond(result.payload_bytes, result.elapsed_ns) / 1e6,
                        Seconds(result.elapsed_ns));
  absl::StrAppendFormat(
      &text, "interrupts  %d, of which %d hit a thread inside allocate or free\n",
      result.interrupts, result.inside_operation);
  absl::StrAppendFormat(&text,
                        "            (those threads did %d pairs of their own)\n",
                        result.background_pairs);
  absl::StrAppendFormat(
      &text, "pool        %d blocks of %d bytes, at most %d used, %d left allocated\n",
      result.pool.capacity, result.block_size, result.pool.peak, result.pool.used);
  absl::StrAppendFormat(
      &text, "recommended %d blocks: the largest burst of this log within %s\n",
      run.recommended_blocks, absl::FormatDuration(run.stall));
  if (run.clock_jumps != 0) {
    absl::StrAppendFormat(&text, "note        the log's clock jumped %d times\n",
                          run.clock_jumps);
  }
  if (run.skipped_lines != 0) {
    absl::StrAppendFormat(&text, "note        %d malformed lines were skipped\n",
                          run.skipped_lines);
  }
  if (result.ended_early) {
    absl::StrAppend(&text, "note        ended early, before the end of the log\n");
  }
  absl::StrAppend(&text, "\nlatency, ns");
  for (const Rung& rung : kLadder) absl::StrAppendFormat(&text, " %10s", rung.label);
  absl::StrAppendFormat(&text, " %11s\n", "max");
  absl::StrAppend(&text, Ladder("allocate", result.allocate),
                  Ladder("free", result.free), Ladder("hand-over", result.handover));
  absl::StrAppendFormat(&text, "  (each includes about %d ns for reading the clock)\n",
                        result.timer_overhead_ns);
  absl::StrAppend(&text, Bars("allocate, in the interrupt handler", result.allocate),
                  Bars("free, in the task", result.free),
                  Bars("hand-over, from handler to task", result.handover));
  absl::StrAppend(&text, "\n", VerdictText(Verdict(result)), "\n");
  return text;
}

ScenarioRecord ReportAsScenario(const ReplayRun& run) {
  const ReplayResult& result = run.result;
  const BusResult& all = result.all;
  ScenarioRecord record;
  record.name = "can_replay";
  record.summary =
      absl::StrCat("CAN frames of ", run.source, ", from interrupt handlers to tasks");
  record.config = {{"source", run.source},
                   {"speed", run.speed},
                   {"pool_blocks", absl::StrCat(run.options.pool_blocks)},
                   {"block_size", absl::StrCat(result.block_size)},
                   {"window", absl::StrCat(result.window)},
                   {"seed", absl::StrCat(run.options.seed)},
                   {"stall_ns", absl::StrCat(absl::ToInt64Nanoseconds(run.stall))},
                   {"max_gap_ns", absl::StrCat(absl::ToInt64Nanoseconds(run.max_gap))}};
  record.elapsed_ns = result.elapsed_ns;
  record.operations = result.pool.allocations + result.pool.frees;
  record.failures = all.exhausted;
  for (const auto& [name, latencies] :
       {std::pair{"allocate", &result.allocate}, std::pair{"free", &result.free},
        std::pair{"handover", &result.handover}}) {
    LatencyRecord latency;
    latency.operation = name;
    latency.service = *latencies;
    record.latencies.push_back(std::move(latency));
  }
  record.pools.push_back({"replay", result.pool, {}});
  const auto check = [&record](Check::Kind kind, const char* name,
                               std::uint64_t violations, std::string detail = "") {
    record.checks.push_back({kind, name, violations, std::move(detail)});
  };
  constexpr auto kCorrectness = Check::Kind::kCorrectness;
  check(kCorrectness, "frames lost", all.lost);
  check(kCorrectness, "frames received twice", all.duplicated);
  check(kCorrectness, "frames out of order", all.misordered);
  check(kCorrectness, "frames damaged", all.damaged);
  check(kCorrectness, "blocks of interrupted threads damaged",
        result.background_damaged);
  check(kCorrectness, "misuses reported wrongly", result.pool.misuses);
  check(kCorrectness, "audit", result.audit.error == Error::kOk ? 0 : 1,
        ErrorName(result.audit.error));
  check(kCorrectness, "frames unaccounted for",
        all.frames_in == all.frames_out + all.exhausted ? 0 : 1);
  check(Check::Kind::kLeak, "blocks not given back", result.pool.used);
  check(Check::Kind::kResource, "frames dropped for want of a block", all.exhausted);
  const auto figure = [&record](const char* name, double value, const char* unit) {
    record.figures.push_back({name, value, unit});
  };
  figure("frames", static_cast<double>(all.frames_out), "frames");
  figure("payload", static_cast<double>(result.payload_bytes), "bytes");
  figure("interrupts", static_cast<double>(result.interrupts), "");
  figure("interrupts inside an operation", static_cast<double>(result.inside_operation),
         "");
  figure("recommended", static_cast<double>(run.recommended_blocks), "blocks");
  return record;
}

std::string ResultsAsJson(const ReplayRun& run) {
  using Json = nlohmann::ordered_json;
  const ReplayResult& result = run.result;
  const auto counts = [](const BusResult& bus) {
    return Json{{"frames_in", bus.frames_in},
                {"frames_out", bus.frames_out},
                {"lost", bus.lost},
                {"duplicated", bus.duplicated},
                {"misordered", bus.misordered},
                {"damaged", bus.damaged},
                {"exhausted", bus.exhausted}};
  };
  Json results = counts(result.all);
  results["damaged"] = result.all.damaged + result.background_damaged;
  results["leaked"] = result.pool.used;
  results["misuses"] = result.pool.misuses;
  results["audit"] = ErrorName(result.audit.error);
  results["peak_used"] = result.pool.peak;
  results["recommended_blocks"] = run.recommended_blocks;
  results["payload_bytes"] = result.payload_bytes;
  results["elapsed_ns"] = result.elapsed_ns;
  results["frames_per_second"] = PerSecond(result.all.frames_out, result.elapsed_ns);
  results["interrupts"] = result.interrupts;
  results["interrupts_inside_operation"] = result.inside_operation;
  results["background_pairs"] = result.background_pairs;
  results["retries"] = result.retries;
  results["clock_jumps"] = run.clock_jumps;
  results["skipped_lines"] = run.skipped_lines;
  results["timer_overhead_ns"] = result.timer_overhead_ns;
  results["latency_ns"] = {{"allocate", LatencyJson(result.allocate)},
                           {"free", LatencyJson(result.free)},
                           {"handover", LatencyJson(result.handover)}};
  results["buses"] = Json::array();
  for (const BusResult& bus : result.buses) {
    Json one = {{"name", bus.name}};
    one.update(counts(bus));
    results["buses"].push_back(std::move(one));
  }
  // A bus may be named in any encoding.
  return results.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace corepool::stress
