// What one thread, or one signal handler, writes its latencies to.

#ifndef COREPOOL_STRESS_LATENCY_RECORDER_H_
#define COREPOOL_STRESS_LATENCY_RECORDER_H_

#include <cstdint>
#include <memory>

#include "stress/heat_map.h"
#include "stress/latency_histogram.h"
#include "stress/run_record.h"

namespace corepool::stress {

// Of one operation. All memory is taken at construction; recording costs some
// nanoseconds and is async-signal-safe.
class LatencyRecorder {
 public:
  explicit LatencyRecorder(bool open_loop)
      : response_(open_loop ? std::make_unique<LatencyHistogram>() : nullptr) {}

  // When the scenario began, on the clock of Now().
  void Begin(std::int64_t now) { began_ = now; }

  // `due`: when it should have begun; heeded in open loops only.
  void Record(std::int64_t due, std::int64_t begin, std::int64_t end) {
    service_.Record(end - begin);
    std::int64_t seen = end - begin;
    if (response_ != nullptr) {
      seen = end - due;
      response_->Record(seen);
    }
    const std::int64_t at = begin > began_ ? begin - began_ : 0;
    heat_.Record(at, seen);
    if (seen > slowest_) {
      slowest_ = seen;
      slowest_at_ = at;
    }
  }

  // Adds it to what all threads measured. At rest.
  void AddTo(LatencyRecord& record, int thread, int cpu) const;

 private:
  std::int64_t began_ = 0;
  LatencyHistogram service_;
  std::unique_ptr<LatencyHistogram> response_;
  HeatMap heat_;
  std::int64_t slowest_ = -1;
  std::int64_t slowest_at_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_LATENCY_RECORDER_H_
