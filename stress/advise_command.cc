#include "stress/advise_command.h"

#include <algorithm>
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
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "stress/advice/class_planner.h"
#include "stress/advice/class_table.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/interruption.h"
#include "stress/output/output_file.h"
#include "stress/outputs.h"
#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_survey.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/trace_format.h"
#include "stress/trace_input.h"

namespace corepool::stress {
namespace {

using Json = nlohmann::ordered_json;

// Text for people, of which `replay --pools` reads what is no comment; and for
// programs.
struct Advised {
  std::string text;
  Json json;
};

// Lines of a table that is a comment where definitions are read.
template <class... Args>
void Say(std::string& text, const absl::FormatSpec<Args...>& format,
         const Args&... args) {
  absl::StrAppend(&text, "% ", absl::StrFormat(format, args...), "\n");
}

void SayCounts(const TraceCounts& counts, std::string& text) {
  Say(text, "requests    %d allocations, %d frees, %d reallocations, by %d threads",
      counts.allocations, counts.frees, counts.reallocations, counts.threads);
  Say(text, "live        at most %d blocks, %d bytes; %d blocks are never freed",
      counts.peak_blocks, counts.peak_bytes, counts.never_freed);
  const auto note = [&text](std::uint64_t count, const char* what) {
    if (count != 0) Say(text, "            %d %s", count, what);
  };
  note(counts.null_frees, "frees of nothing");
  note(counts.unknown_frees, "frees of blocks from before the trace");
  note(counts.unknown_reallocations, "reallocations of blocks from before the trace");
  note(counts.failed, "requests failed when they were recorded");
  note(counts.zero_sized, "requests of 0 bytes, served with 1");
  note(counts.too_large, "requests are left out: larger than --largest_block");
  note(counts.unseen_frees, "frees that the trace did not see");
  note(counts.overlaps, "addresses came up while they were live");
}

Json CountsJson(const TraceCounts& counts) {
  return {{"allocations", counts.allocations},
          {"frees", counts.frees},
          {"reallocations", counts.reallocations},
          {"threads", counts.threads},
          {"blocks_allocated", counts.blocks_allocated},
          {"blocks_freed", counts.blocks_freed},
          {"blocks_reallocated", counts.blocks_reallocated},
          {"never_freed", counts.never_freed},
          {"null_frees", counts.null_frees},
          {"unknown_frees", counts.unknown_frees},
          {"unknown_reallocations", counts.unknown_reallocations},
          {"failed", counts.failed},
          {"zero_sized", counts.zero_sized},
          {"too_large", counts.too_large},
          {"unseen_frees", counts.unseen_frees},
          {"overlaps", counts.overlaps},
          {"peak_blocks", counts.peak_blocks},
          {"peak_bytes", counts.peak_bytes},
          {"largest", counts.largest}};
}

Advised Describe(const std::string& name, TraceFormat format, const TraceFlags& flags,
                 const TraceAdvice& advice) {
  const TraceCounts& counts = advice.counts;
  Advised advised;
  std::string& text = advised.text;
  Say(text, "advice for %s, %s", name, FormatName(format));
  SayCounts(counts, text);
  Say(text, "");
  Say(text, "%12s %12s %14s %14s", "block bytes", "blocks", "requests", "bytes");
  Json classes = Json::array();
  for (std::size_t i = 0; i < advice.table.size(); ++i) {
    const auto& [size, count] = advice.table[i];
    const PlannedClass& planned = advice.classes[i];
    Say(text, "%12d %12d %14d %14d", size, count, planned.requests, size * count);
    classes.push_back({{"block_size", size},
                       {"block_count", count},
                       {"peak", planned.peak},
                       {"requests", planned.requests}});
  }
  Say(text, "");
  Say(text, "memory      %d bytes: %d of blocks, %d of bookkeeping on this machine",
      advice.total_bytes, advice.block_bytes, advice.total_bytes - advice.block_bytes);
  Say(text, "wasted      %d bytes, %.1f %%: more than the trace had live at once",
      advice.wasted_bytes(), 100 * advice.wasted_share());
  Say(text, "");
  Say(text, "Blocks are as many as are live at once in the order of the trace%s.",
      flags.plan.headroom == 0
          ? std::string()
          : absl::StrFormat(", and %g per cent", 100 * flags.plan.headroom));
  Say(text,
      "A replay lets threads run ahead of that order only as far as these suffice;");
  Say(text, "a program whose threads are free to do so may need more: see --headroom.");
  Say(text, "");
  Say(text, "replay --pools=%s", ClassTableAsFlag(advice.table));
  Say(text, "");
  absl::StrAppend(&text, ClassTableAsDefinitions(advice.table));

  advised.json = {{"kind", "allocations"},
                  {"trace", CountsJson(counts)},
                  {"skipped_lines", advice.skipped_lines},
                  {"classes", std::move(classes)},
                  {"block_bytes", advice.block_bytes},
                  {"total_bytes", advice.total_bytes},
                  {"wasted_bytes", advice.wasted_bytes()},
                  {"wasted_percent", 100 * advice.wasted_share()},
                  {"pools", ClassTableAsFlag(advice.table)},
                  {"definitions", ClassTableAsDefinitions(advice.table)}};
  return advised;
}

absl::StatusOr<Advised> AdviseForAllocations(OpenedTrace opened,
                                             const TraceFlags& flags) {
  const std::string name = opened.name;
  const TraceFormat format = opened.format;
  absl::StatusOr<std::unique_ptr<MallocTrace>> trace = OpenMallocTrace(
      std::move(opened.lines), format, flags.candump.skip_bad_lines, flags.generator);
  if (!trace.ok()) return trace.status();
  absl::StatusOr<TraceAdvice> advice =
      AdviseForTrace(**trace, flags.plan, &Interruption::happened);
  if (!advice.ok()) return advice.status();
  advice->skipped_lines += opened.skipped_lines;
  return Describe(name, format, flags, *advice);
}

absl::StatusOr<Advised> AdviseForCan(OpenedTrace opened, const TraceFlags& flags) {
  CandumpReader log({opened.lines.get()}, flags.candump);
  const absl::StatusOr<CanSurvey> survey =
      SurveyCanLog(log, flags.max_gap, flags.stall, &Interruption::happened);
  if (!survey.ok()) return survey.status();
  const std::uint64_t burst = survey->recommended_blocks;
  const std::size_t size = std::max<std::size_t>(64, SmallestBlock(*survey));
  const ClassTable table = {{size, burst}};
  Advised advised;
  std::string& text = advised.text;
  Say(text, "advice for %s, %s", opened.name, FormatName(opened.format));
  Say(text, "frames      %d on %d buses", survey->frames, survey->buses.size());
  Say(text,
      "recommended %d blocks of %d bytes: the largest burst of this log within %s,",
      burst, size, absl::FormatDuration(flags.stall));
  Say(text, "            for which --stall says that tasks may stand still");
  Say(text, "");
  Say(text, "replay --speed=1x --pool_blocks=%d --block_size=%d", burst, size);
  Say(text, "");
  absl::StrAppendFormat(&text, "FIXED can_frames %d %d\n", size, burst);
  advised.json = {
      {"kind", "can"},
      {"frames", survey->frames},
      {"buses", survey->buses.size()},
      {"skipped_lines", log.skipped_lines() + opened.skipped_lines},
      {"clock_jumps", survey->clock_jumps},
      {"stall_ns", absl::ToInt64Nanoseconds(flags.stall)},
      {"recommended_blocks", burst},
      {"block_size", size},
      {"definitions", absl::StrFormat("FIXED can_frames %d %d\n", size, burst)}};
  return advised;
}

}  // namespace

std::string_view AdviseHelp() {
  static const std::string help = absl::StrCat(
      R"(advise FILE: the pools that a trace needs, and what they waste. For allocations a
  table of classes for a MultiPool; for CAN logs, blocks for the largest burst. Reads
  what replay reads. What it prints is text that `replay --pools=` and other readers of
  definitions take as it is.

  --json=FILE          the same for programs; - is standard output
)",
      std::string(PlanFlagsHelp()), std::string(TraceFlagsHelp()));
  return help;
}

ExitCode RunAdvise(const std::vector<std::string>& files) {
  const absl::StatusOr<TraceFlags> flags = TraceFlagsFromFlags();
  if (!flags.ok()) return FailLines(kUsage, flags.status());
  if (files.size() != 1) {
    return Fail(kUsage, absl::StrCat("advise takes one trace, not ", files.size()));
  }
  const OutputFile json("--json", absl::GetFlag(FLAGS_json));
  absl::Status status = json.Try(files);
  if (!status.ok()) return FailLines(kUsage, status);
  absl::StatusOr<OpenedTrace> opened = OpenTrace(files[0], *flags);
  if (!opened.ok()) return FailLines(CodeOf(opened.status()), opened.status());
  const std::string name = opened->name;

  const Interruption interruption;
  absl::StatusOr<Advised> advised =
      opened->format == TraceFormat::kCandump
          ? AdviseForCan(*std::move(opened), *flags)
          : AdviseForAllocations(*std::move(opened), *flags);
  if (!advised.ok()) return FailLines(CodeOf(advised.status()), advised.status());
  if (json.wanted()) {
    Json all = {{"schema_version", 1},
                {"tool", {{"name", "corepool-stress"}}},
                {"config", {{"command", "advise"}, {"source", name}}}};
    all["advice"] = std::move(advised->json);
    status = json.Write(all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    if (!status.ok()) return FailLines(kResource, status);
  }
  if (!json.to_stdout()) {
    status = WriteToStdout(advised->text);
    if (!status.ok()) return FailLines(kResource, status);
  }
  return kPass;
}

}  // namespace corepool::stress
