#include "stress/trace_input.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "corepool/multi_pool.h"
#include "stress/exit_code.h"
#include "stress/load_flags.h"
#include "stress/run_flags.h"
#include "stress/samples/sample_log.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/line_source.h"
#include "stress/trace/trace_format.h"
#include "stress/user_path.h"

ABSL_FLAG(std::string, speed, "asap", "asap, or 1x, 2x, 0.5x of the trace's clock");
ABSL_FLAG(std::string, stamps, "guess",
          "what times of CAN logs count from: guess, start, or delta");
ABSL_FLAG(absl::Duration, stall, absl::Milliseconds(10),
          "how long tasks may stand still, for the recommended pool size");
ABSL_FLAG(absl::Duration, max_gap, absl::Seconds(10),
          "longer gaps in the trace are jumps of its clock and take no time");
ABSL_FLAG(bool, skip_bad_lines, false, "count malformed lines and go on");
ABSL_FLAG(std::uint64_t, classes, 8, "most classes that are advised");
ABSL_FLAG(double, headroom, 0, "per cent more blocks than the trace needs");
ABSL_FLAG(std::uint64_t, largest_block, std::uint64_t{1} << 31,
          "larger requests of a trace are left out");
ABSL_FLAG(std::uint64_t, live_blocks, 20'000,
          "blocks that the live counts of a distribution of sizes stand for");

namespace corepool::stress {
namespace {

constexpr std::string_view kSampleName = "the built-in sample log";

absl::Status Wrong(const char* flag, const std::string& value, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, "=", value, " ", why));
}

// A name in which nothing but printable characters is left.
std::string Printable(std::string name) {
  for (char& character : name) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(character))) character = '?';
  }
  return name;
}

absl::Status ParseSpeed(const std::string& text, double& speed) {
  constexpr double kMost = 1e9;
  if (text == "asap") return absl::OkStatus();
  if (text.size() < 2 || text.back() != 'x' ||
      !absl::SimpleAtod(text.substr(0, text.size() - 1), &speed) || !(speed > 0) ||
      speed > kMost || speed < 1 / kMost) {
    return Wrong("speed", text, "is neither asap nor such as 1x, 2x or 0.5x");
  }
  return absl::OkStatus();
}

absl::Status ParseStamps(const std::string& text, CandumpReader::Stamps& stamps) {
  if (text == "guess") return absl::OkStatus();
  if (text != "start" && text != "delta") {
    return Wrong("stamps", text, "is none of guess, start and delta");
  }
  stamps = text == "start" ? CandumpReader::Stamps::kSinceStart
                           : CandumpReader::Stamps::kSinceFrameBefore;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TraceFlags> TraceFlagsFromFlags() {
  TraceFlags flags;
  flags.speed_text = absl::GetFlag(FLAGS_speed);
  absl::Status status = ParseSpeed(flags.speed_text, flags.speed);
  status.Update(ParseStamps(absl::GetFlag(FLAGS_stamps), flags.candump.stamps));
  flags.candump.skip_bad_lines = absl::GetFlag(FLAGS_skip_bad_lines);
  flags.stall = absl::GetFlag(FLAGS_stall);
  flags.max_gap = absl::GetFlag(FLAGS_max_gap);
  for (const auto& [name, duration] :
       {std::pair{"stall", flags.stall}, std::pair{"max_gap", flags.max_gap}}) {
    if (duration < absl::ZeroDuration()) {
      status.Update(Wrong(name, absl::FormatDuration(duration), "is negative"));
    }
  }
  flags.plan.most_classes = absl::GetFlag(FLAGS_classes);
  if (flags.plan.most_classes < 1 || flags.plan.most_classes > kMostSizeClasses) {
    status.Update(Wrong("classes", absl::StrCat(flags.plan.most_classes),
                        "is not between 1 and 64"));
  }
  const double headroom = absl::GetFlag(FLAGS_headroom);
  if (!(headroom >= 0 && headroom <= 10'000)) {
    status.Update(Wrong("headroom", absl::StrCat(headroom),
                        "is not between 0 and 10000 per cent"));
  }
  flags.plan.headroom = headroom / 100;
  flags.plan.largest_block = absl::GetFlag(FLAGS_largest_block);
  if (flags.plan.largest_block < 1 || flags.plan.largest_block > kLargestBlockSize) {
    status.Update(Wrong("largest_block", absl::StrCat(flags.plan.largest_block),
                        "is not between 1 and 2147483648 bytes"));
  }
  flags.generator.live_blocks = absl::GetFlag(FLAGS_live_blocks);
  if (flags.generator.live_blocks > 1'000'000'000) {
    status.Update(Wrong("live_blocks", absl::StrCat(flags.generator.live_blocks),
                        "is more than a thousand million"));
  }
  flags.generator.seed = absl::GetFlag(FLAGS_seed);
  if (absl::GetFlag(FLAGS_ops) != 0) flags.generator.events = absl::GetFlag(FLAGS_ops);
  if (!status.ok()) return status;
  return flags;
}

absl::StatusOr<OpenedTrace> OpenTrace(const std::string& file,
                                      const TraceFlags& flags) {
  OpenedTrace opened;
  if (file.empty()) {
    opened.name = std::string(kSampleName);
    opened.lines = LineSource::FromText(SampleLog(), opened.name);
  } else {
    opened.name = Printable(file);
    absl::StatusOr<std::unique_ptr<LineSource>> lines =
        LineSource::OpenFile(UserPath(file), opened.name);
    if (!lines.ok()) return lines.status();
    opened.lines = *std::move(lines);
  }
  const absl::StatusOr<TraceFormat> format = RecogniseFormat(
      *opened.lines, flags.candump.skip_bad_lines, opened.skipped_lines);
  if (!format.ok()) return format.status();
  opened.format = *format;
  return opened;
}

ExitCode CodeOf(const absl::Status& status) {
  if (status.ok()) return kPass;
  if (absl::IsCancelled(status)) return kInterrupted;
  return absl::IsInvalidArgument(status) ? kUsage : kResource;
}

std::string_view TraceFlagsHelp() {
  return R"(  --max_gap=10s        longer gaps are jumps of the trace's clock and take no time
  --stamps=guess       of CAN logs with short times: guess, start (since the first
                       frame, candump -tz) or delta (since the one before, -td)
  --skip_bad_lines     count malformed lines and go on
  --stall=10ms         CAN: how long tasks may stand still, for the recommended size
)";
}

std::string_view PlanFlagsHelp() {
  return R"(  --classes=8          most classes of blocks, up to 64
  --headroom=0         per cent more blocks than the trace needs at once
  --largest_block=2147483648  larger requests are left out, and counted
  --ops=1000000        distributions of sizes: allocations and frees to make up
  --live_blocks=20000  distributions of sizes: what their live counts add up to
  --seed=1             distributions of sizes: of what is made up
)";
}

}  // namespace corepool::stress
