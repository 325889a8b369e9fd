// Puts a queue through the workloads that are about queues.
//
// An adapter is a handle, as in adapter.h, to a queue for kQueueSlots pointers, none of
// which is nullptr.

#ifndef COREPOOL_BENCH_PEERS_QUEUE_RUNNER_H_
#define COREPOOL_BENCH_PEERS_QUEUE_RUNNER_H_

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/peers/cpu.h"
#include "bench/peers/fixed_loops.h"
#include "bench/peers/runner.h"
#include "bench/peers/slice.h"
#include "bench/peers/tail.h"
#include "bench/peers/workload.h"
#include "stress/latency_histogram.h"

namespace corepool::bench {

inline constexpr std::size_t kQueueSlots = 1024;

// Both are false, and nothing has happened, if the queue is full, or empty.
template <class Adapter>
concept QueueAdapter = std::copyable<Adapter> && requires(Adapter queue, void*& value) {
  { queue.Enqueue(value) } -> std::same_as<bool>;
  { queue.Dequeue(value) } -> std::same_as<bool>;
};

template <QueueAdapter Adapter>
class QueueRunner : public Runner {
 public:
  explicit QueueRunner(Adapter queue) : queue_(queue) {}

  Measurement Run(Workload workload, std::chrono::nanoseconds duration,
                  const std::vector<int>& cpus) override {
    switch (workload) {
      case Workload::kSpsc:
      case Workload::kMpmc1p1c: return Throughput(1, duration, cpus);
      case Workload::kMpmc2p2c: return Throughput(2, duration, cpus);
      case Workload::kMpmc4p4c: return Latency(4, duration, cpus);
      default: return {};
    }
  }

 private:
  // So many producers and as many consumers, in turn on the CPUs.
  Measurement Throughput(std::size_t pairs, std::chrono::nanoseconds duration,
                         const std::vector<int>& cpus) {
    const Work work = RunBoth<false>(pairs, duration, cpus, nullptr);
    return {{work.NanosecondsPerPair()}, work.disturbed};
  }

  Measurement Latency(std::size_t pairs, std::chrono::nanoseconds duration,
                      const std::vector<int>& cpus) {
    std::vector<stress::LatencyHistogram> histograms(2 * pairs);
    const Work work = RunBoth<true>(pairs, duration, cpus, histograms.data());
    Measurement measurement{{}, work.disturbed};
    for (const std::size_t first : {std::size_t{0}, pairs}) {
      stress::LatencyHistogram all;
      for (std::size_t i = first; i < first + pairs; ++i) all.Merge(histograms[i]);
      for (const double percentile : kQueuePercentiles) {
        measurement.nanoseconds.push_back(
            static_cast<double>(all.Percentile(percentile)) * NanosecondsPerTick());
      }
    }
    return measurement;
  }

  template <bool kTimed>
  Work RunBoth(std::size_t pairs, std::chrono::nanoseconds duration,
               const std::vector<int>& cpus, stress::LatencyHistogram* histograms) {
    std::atomic<std::size_t> producers{pairs};
    return RunSlice(cpus, 2 * pairs, duration, [&](Lane& lane, std::size_t thread) {
      stress::LatencyHistogram warm_up;
      stress::LatencyHistogram* const mine = kTimed ? &histograms[thread] : nullptr;
      // A producer and the consumer of the same number are on different CPUs.
      if (thread % (2 * pairs) < pairs) {
        Produce<kTimed>(queue_, lane, warm_up, mine);
        producers.fetch_sub(1, std::memory_order_release);
      } else {
        Consume<kTimed>(queue_, lane, producers, warm_up, mine);
      }
    });
  }

  template <bool kTimed>
  [[gnu::noinline]] static void Produce(Adapter queue, const Lane& lane,
                                        stress::LatencyHistogram& warm_up,
                                        stress::LatencyHistogram* measured) {
    std::uintptr_t next = 1;
    while (lane.running()) {
      for (int i = 0; i < kPairsPerLook; ++i) {
        void* value = reinterpret_cast<void*>(next++ % 1'000'000 + 1);
        Forget(value);
        const std::int64_t begin = kTimed ? Ticks() : 0;
        Patience patience;
        while (!queue.Enqueue(value)) patience.Wait();
        if constexpr (kTimed) {
          (lane.measured() ? *measured : warm_up).Record(Ticks() - begin);
        }
        ForgetMemory();
      }
    }
  }

  // Until nothing can come any more.
  template <bool kTimed>
  [[gnu::noinline]] static void Consume(Adapter queue, Lane& lane,
                                        const std::atomic<std::size_t>& producers,
                                        stress::LatencyHistogram& warm_up,
                                        stress::LatencyHistogram* measured) {
    for (;;) {
      const std::int64_t begin = kTimed ? Ticks() : 0;
      Patience patience;
      void* value = nullptr;
      for (;;) {
        const bool last = producers.load(std::memory_order_acquire) == 0;
        if (queue.Dequeue(value)) break;
        if (last) return;
        patience.Wait();
      }
      Forget(value);
      if constexpr (kTimed) {
        (lane.measured() ? *measured : warm_up).Record(Ticks() - begin);
      }
      lane.Count(1);
    }
  }

  Adapter queue_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_QUEUE_RUNNER_H_
