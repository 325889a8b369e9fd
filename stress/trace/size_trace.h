// Allocations and frees made up from a distribution of sizes.

#ifndef COREPOOL_STRESS_TRACE_SIZE_TRACE_H_
#define COREPOOL_STRESS_TRACE_SIZE_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"

namespace corepool::stress {

struct SizeTraceOptions {
  std::uint64_t events = 1'000'000;    // allocations and frees together
  std::uint64_t live_blocks = 20'000;  // that the live counts add up to
  std::uint64_t threads = 2;
  std::uint64_t seed = 1;
};

// One size of a distribution; only proportions matter.
struct SizeShare {
  std::uint64_t size = 0;
  double rate = 0;  // of allocations
  double live = 0;  // of blocks that are allocated at once
};

// Each allocation draws a size by rate. A size that has more live blocks than its share
// of `live_blocks` then frees one of its own, any of them, so that the live counts come
// to be as the distribution says. Nine of ten blocks are freed by the thread that
// allocated them. The same options make the same events on every machine.
class SizeTrace final : public MallocTrace {
 public:
  SizeTrace(std::vector<SizeShare> shares, const SizeTraceOptions& options);

  absl::StatusOr<bool> Next(MallocEvent& event) override;
  absl::Status Rewind() override;
  std::size_t skipped_lines() const override { return skipped_lines_; }
  void set_skipped_lines(std::size_t lines) { skipped_lines_ = lines; }

 private:
  struct Live {
    std::uint64_t block;
    std::uint64_t thread;
  };
  std::uint64_t Random();
  double Uniform();  // in [0, 1)

  std::vector<SizeShare> shares_;
  std::vector<double> sums_;  // of rates, up to each share
  SizeTraceOptions options_;
  std::vector<std::vector<Live>> live_;  // by share
  std::uint64_t state_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t last_block_ = 0;
  std::size_t due_ = 0;  // a share that has a block too many, + 1
  std::size_t skipped_lines_ = 0;
};

// Reads lines `size, alloc_rate, live_count`; a line of names may be the first.
absl::StatusOr<std::unique_ptr<MallocTrace>> ReadSizeTrace(
    LineSource& lines, bool skip_bad_lines, const SizeTraceOptions& options);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_SIZE_TRACE_H_
