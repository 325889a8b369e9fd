#include "stress/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/output/units.h"

ABSL_FLAG(std::string, progress, "auto", "auto, plain or off");

namespace corepool::stress {
namespace {

constexpr std::size_t kColumns = 79;

std::string DurationText(double seconds) {
  if (seconds < 100) return absl::StrFormat("%.0f s", seconds);
  const auto minutes = static_cast<std::int64_t>(seconds / 60 + 0.5);
  if (minutes < 100) return absl::StrCat(minutes, " min");
  return absl::StrFormat("%d h %02d min", minutes / 60, minutes % 60);
}

// Of what is left, by what is known; negative: nothing is.
double SecondsLeft(const Progress::State& state, double rate) {
  double left = -1;
  if (state.planned_ns > 0) left = Seconds(state.planned_ns - state.elapsed_ns);
  if (state.most_operations > state.operations && rate > 0 && state.of == 1) {
    const auto to_do = static_cast<double>(state.most_operations - state.operations);
    left = left < 0 ? to_do / rate : std::min(left, to_do / rate);
  }
  return left;
}

}  // namespace

absl::StatusOr<Progress::Mode> Progress::ModeFromFlag() {
  const std::string mode = absl::GetFlag(FLAGS_progress);
  if (mode == "auto") return Mode::kAuto;
  if (mode == "plain") return Mode::kPlain;
  if (mode == "off") return Mode::kOff;
  return absl::InvalidArgumentError(
      absl::StrCat("--progress=", mode, " is none of auto, plain, off"));
}

Progress::Progress(Mode mode, std::FILE* out)
    : overwrites_(mode == Mode::kAuto && isatty(fileno(out)) != 0), out_(out) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  coloured_ = overwrites_ && (no_color == nullptr || *no_color == '\0') &&
              terminal != nullptr && std::string_view(terminal) != "dumb";
  period_ns_ = overwrites_ ? 100'000'000 : (mode == Mode::kPlain ? 1'000'000'000 : 0);
}

void Progress::Show(const State& state) {
  if (period_ns_ == 0) return;
  if (state.scenario != scenario_ || state.operations < operations_) {
    scenario_ = state.scenario;
    operations_ = state.operations;
    rate_ = 0;
    if (!overwrites_) shown_at_ns_ = state.elapsed_ns;
  }
  const std::int64_t since = state.elapsed_ns - shown_at_ns_;
  if (since < period_ns_) return;
  const double now = PerSecond(state.operations - operations_, since);
  rate_ = rate_ == 0 ? now : rate_ + (now - rate_) / 4;
  shown_at_ns_ = state.elapsed_ns;
  operations_ = state.operations;
  std::string line = Text(state, overwrites_ ? rate_ : now);
  if (!overwrites_) {
    absl::FPrintF(out_, "%s\n", line);
    return;
  }
  line.resize(std::min(line.size(), kColumns));
  const std::size_t blanks = shown_ > line.size() ? shown_ - line.size() : 0;
  shown_ = line.size();
  if (coloured_) line = absl::StrCat("\x1b[36m", line, "\x1b[0m");
  absl::FPrintF(out_, "\r%s%s", line, std::string(blanks, ' '));
  std::fflush(out_);
}

void Progress::Clear() {
  if (shown_ == 0) return;
  absl::FPrintF(out_, "\r%s\r", std::string(shown_, ' '));
  std::fflush(out_);
  shown_ = 0;
}

std::string Progress::Text(const State& state, double rate) {
  std::string text;
  if (state.of > 1) absl::StrAppend(&text, "[", state.number, "/", state.of, "] ");
  absl::StrAppendFormat(&text, "%s  %.1f s  %s ops/s", std::string(state.scenario),
                        Seconds(state.elapsed_ns), CountText(rate));
  const double left = SecondsLeft(state, rate);
  if (left >= 0) absl::StrAppend(&text, "  ETA ", DurationText(left));
  return text;
}

std::string_view ProgressHelp() {
  return R"(  --progress=auto      auto: a line on standard error if it is a terminal; plain: a
                       line a second; off. NO_COLOR is heeded
)";
}

}  // namespace corepool::stress
