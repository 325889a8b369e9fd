#include "stress/replay_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/load_flags.h"
#include "stress/output/output_file.h"
#include "stress/outputs.h"
#include "stress/report.h"
#include "stress/samples/sample_log.h"
#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_log.h"
#include "stress/trace/candump_reader.h"
#include "stress/user_path.h"

ABSL_FLAG(std::string, speed, "asap", "asap or 1x");
ABSL_FLAG(std::uint64_t, window, 64, "asap: most frames under way on a bus");
ABSL_FLAG(absl::Duration, stall, absl::Milliseconds(10),
          "how long tasks may stand still, for the recommended pool size");
ABSL_FLAG(absl::Duration, max_gap, absl::Seconds(10),
          "longer gaps in the log are jumps of its clock and take no time");
ABSL_FLAG(bool, skip_bad_lines, false, "count malformed lines and go on");

namespace corepool::stress {
namespace {

// What the flags ask for, or what is wrong with one of them.
absl::StatusOr<ReplayOptions> OptionsFromFlags() {
  ReplayOptions options;
  const std::string speed = absl::GetFlag(FLAGS_speed);
  if (speed != "asap" && speed != "1x") {
    return absl::InvalidArgumentError(
        absl::StrCat("--speed=", speed, " is neither asap nor 1x"));
  }
  options.open_loop = speed == "1x";
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
  for (const auto& [name, duration] :
       {std::pair{"stall", absl::GetFlag(FLAGS_stall)},
        std::pair{"max_gap", absl::GetFlag(FLAGS_max_gap)}}) {
    if (duration < absl::ZeroDuration()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--", name, "=", absl::FormatDuration(duration), " is negative"));
    }
  }
  return options;
}

// A line that is written over again and again, if anybody looks.
class ProgressLine {
 public:
  explicit ProgressLine(std::size_t frames)
      : frames_(frames), shown_(isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() {
    if (shown_) absl::FPrintF(stderr, "\r%40s\r", "");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(std::uint64_t frames_out) const {
    if (!shown_) return;
    absl::FPrintF(stderr, "\rreplaying: %d of %d frames ", frames_out, frames_);
    std::fflush(stderr);
  }

 private:
  std::size_t frames_;
  bool shown_;
};

// A name in which nothing but printable characters is left.
std::string Printable(std::string name) {
  for (char& character : name) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(character))) character = '?';
  }
  return name;
}

}  // namespace

std::string_view ReplayHelp() {
  return R"(replay [FILE...]: CAN frames of `candump -L` logs arrive in interrupt
  handlers (signals that interrupt threads which use the same pool). Each handler
  allocates a block, fills it and hands it to a task on another core, which checks and
  frees it. Without FILE a built-in log is replayed; - is standard input.

  --speed=asap|1x      asap (default): as fast as the tasks keep up, nothing is
                       dropped; 1x: by the log's clock, frames that find no block
                       are dropped and counted
  --pool_blocks=256    blocks in the pool
  --block_size=0       bytes in a block; 0: what the log's longest frame needs
  --window=64          asap: most frames under way on a bus
  --stall=10ms         how long tasks may stand still, for the recommended size
  --max_gap=10s        longer gaps are jumps of the log's clock and take no time
  --skip_bad_lines     count malformed lines and go on
  --seed=1             of what the interrupted threads do
  --json=FILE          results for programs; - for standard output
)";
}

ExitCode RunReplay(const std::vector<std::string>& files) {
  const absl::StatusOr<ReplayOptions> options = OptionsFromFlags();
  if (!options.ok()) return Fail(kUsage, options.status().message());

  ReplayRun run;
  run.options = *options;
  run.stall = absl::GetFlag(FLAGS_stall);
  run.max_gap = absl::GetFlag(FLAGS_max_gap);
  CandumpReader reader({.skip_bad_lines = absl::GetFlag(FLAGS_skip_bad_lines)});
  absl::Status status;
  for (const std::string& file : files) {
    status = reader.ReadFile(UserPath(file), Printable(file));
    if (!status.ok()) return Fail(kUsage, status.message());
    absl::StrAppend(&run.source, run.source.empty() ? "" : ", ", Printable(file));
  }
  if (files.empty()) {
    run.source = "the built-in sample log";
    status = reader.ReadText(SampleLog(), run.source);
    if (!status.ok()) return Fail(kUsage, status.message());
  }
  const CanLog& log = reader.log();
  run.skipped_lines = reader.skipped_lines();
  if (options->block_size != 0 && options->block_size < SmallestBlock(log)) {
    return Fail(kUsage, absl::StrFormat("--block_size=%d is too small for this log's "
                                        "frames, which need %d bytes",
                                        options->block_size, SmallestBlock(log)));
  }
  const OutputFile json("--json", absl::GetFlag(FLAGS_json));
  status = json.Try(files);
  if (!status.ok()) return Fail(kUsage, status.message());

  const Timeline timeline = PlanTimeline(log, run.max_gap);
  run.clock_jumps = timeline.jumps;
  run.recommended_blocks = LargestBurst(timeline, run.stall);
  absl::StatusOr<ReplayResult> result = [&] {
    const ProgressLine line(log.frames.size());
    return ReplayCan(log, timeline, *options,
                     [&line](std::uint64_t frames_out) { line.Show(frames_out); });
  }();
  if (!result.ok()) {
    return Fail(absl::IsInvalidArgument(result.status()) ? kUsage : kResource,
                result.status().message());
  }
  run.result = *std::move(result);
  // JSON on standard output is for a program, which wants nothing else there.
  if (absl::GetFlag(FLAGS_json) != "-") absl::PrintF("%s", ReportAsText(run));
  const bool printed = std::fflush(stdout) == 0;
  status = json.Write(ReportAsJson(run));
  if (!status.ok()) return Fail(kResource, status.message());
  if (!printed) {
    return Fail(kResource,
                absl::StrCat("the report cannot be written: ", std::strerror(errno)));
  }
  return Verdict(run.result);
}

}  // namespace corepool::stress
