#include "stress/trace/size_trace.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {
namespace {

std::optional<double> ParseAmount(std::string_view text) {
  double amount = 0;
  if (!absl::SimpleAtod(Owned(text), &amount) || !std::isfinite(amount) || amount < 0) {
    return std::nullopt;
  }
  return amount;
}

absl::StatusOr<SizeShare> ParseShare(std::string_view line) {
  std::string_view rest = line;
  const auto size = TakeField(rest);
  const auto rate = TakeField(rest);
  const auto live = TakeField(rest);
  if (!live || TakeField(rest)) {
    return Malformed(
        absl::StrCat("expected size, alloc_rate, live_count, not ", Quoted(line)));
  }
  constexpr double kMost = 1e18;
  const auto bytes = ParseAmount(*size);
  if (!bytes || *bytes > kMost || *bytes != std::floor(*bytes)) {
    return Malformed(absl::StrCat("the size ", Quoted(*size), " is not a number"));
  }
  const auto allocations = ParseAmount(*rate);
  const auto blocks = ParseAmount(*live);
  if (!allocations || !blocks || *allocations > kMost || *blocks > kMost) {
    return Malformed(absl::StrCat("the ", !allocations ? "rate " : "live count ",
                                  Quoted(!allocations ? *rate : *live),
                                  " is not a number of 0 or more"));
  }
  return SizeShare{static_cast<std::uint64_t>(*bytes), *allocations, *blocks};
}

}  // namespace

SizeTrace::SizeTrace(std::vector<SizeShare> shares, const SizeTraceOptions& options)
    : shares_(std::move(shares)), options_(options) {
  double all_live = 0;
  double all_rates = 0;
  for (const SizeShare& share : shares_) {
    all_rates += share.rate;
    sums_.push_back(all_rates);
    all_live += share.live;
  }
  if (all_live > 0) {
    const double scale = static_cast<double>(options_.live_blocks) / all_live;
    for (SizeShare& share : shares_) share.live *= scale;
  }
  (void)Rewind();
}

absl::Status SizeTrace::Rewind() {
  live_.assign(shares_.size(), {});
  state_ = options_.seed;
  made_ = 0;
  last_block_ = 0;
  due_ = 0;
  return absl::OkStatus();
}

// Sebastiano Vigna's SplitMix64.
std::uint64_t SizeTrace::Random() {
  std::uint64_t bits = state_ += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

double SizeTrace::Uniform() { return static_cast<double>(Random() >> 11) * 0x1p-53; }

absl::StatusOr<bool> SizeTrace::Next(MallocEvent& event) {
  if (made_ == options_.events) return false;
  ++made_;
  event = {};
  if (due_ != 0) {
    std::vector<Live>& live = live_[due_ - 1];
    due_ = 0;
    std::swap(live[Random() % live.size()], live.back());
    event.kind = MallocEvent::Kind::kFree;
    event.block = live.back().block;
    event.thread =
        Random() % 10 == 0 ? Random() % options_.threads : live.back().thread;
    live.pop_back();
    return true;
  }
  const double drawn = Uniform() * sums_.back();
  const auto found = std::upper_bound(sums_.begin(), sums_.end(), drawn);
  const auto share = static_cast<std::size_t>(
      found == sums_.end() ? sums_.size() - 1
                           : static_cast<std::size_t>(found - sums_.begin()));
  event.block = ++last_block_;
  event.thread = Random() % options_.threads;
  event.size = shares_[share].size;
  live_[share].push_back({event.block, event.thread});
  // A share of half a block has one half of the time.
  if (static_cast<double>(live_[share].size()) > shares_[share].live + Uniform()) {
    due_ = share + 1;
  }
  return true;
}

absl::StatusOr<std::unique_ptr<MallocTrace>> ReadSizeTrace(
    LineSource& lines, bool skip_bad_lines, const SizeTraceOptions& options) {
  constexpr std::size_t kMostSizes = 1'000'000;
  std::vector<SizeShare> shares;
  std::size_t skipped = 0;
  bool begun = false;
  bool any_rate = false;
  while (lines.Next()) {
    const std::string_view line = Stripped(lines.line());
    if (!lines.too_long() && (line.empty() || line.front() == '#')) continue;
    const bool names = !begun && EqualsIgnoringCase(line.substr(0, 4), "size");
    begun = true;
    if (names) continue;
    const absl::StatusOr<SizeShare> share =
        lines.too_long()
            ? Malformed(absl::StrCat("longer than ", kMaxLineBytes, " bytes"))
        : shares.size() == kMostSizes
            ? Malformed(absl::StrCat("more than ", kMostSizes, " sizes"))
            : ParseShare(line);
    if (!share.ok()) {
      if (!skip_bad_lines)
        return lines.Complaint(std::string(share.status().message()));
      ++skipped;
      continue;
    }
    any_rate = any_rate || share->rate > 0;
    shares.push_back(*share);
  }
  if (!lines.status().ok()) return lines.status();
  if (!any_rate) {
    return absl::InvalidArgumentError(
        absl::StrCat(lines.name(), ": no size in it is ever allocated"));
  }
  auto trace = std::make_unique<SizeTrace>(std::move(shares), options);
  trace->set_skipped_lines(skipped);
  return trace;
}

}  // namespace corepool::stress
