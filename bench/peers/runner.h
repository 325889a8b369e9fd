// Puts an adapter through the workloads.

#ifndef COREPOOL_BENCH_PEERS_RUNNER_H_
#define COREPOOL_BENCH_PEERS_RUNNER_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "bench/peers/adapter.h"
#include "bench/peers/fixed_loops.h"
#include "bench/peers/handover_ring.h"
#include "bench/peers/sized_loops.h"
#include "bench/peers/slice.h"
#include "bench/peers/tail.h"
#include "bench/peers/workload.h"

namespace corepool::bench {

struct Measurement {
  std::vector<double> nanoseconds;  // in the order of the workload's ResultKeys
  bool disturbed = false;           // see Work
};

class Runner {
 public:
  virtual ~Runner() = default;

  // One slice. No values if the workload does not fit what is adapted.
  virtual Measurement Run(Workload workload, std::chrono::nanoseconds duration,
                          const std::vector<int>& cpus) = 0;
};

// W1 to W4 and W6 to W8.
template <FixedAdapter Adapter>
class FixedRunner : public Runner {
 public:
  explicit FixedRunner(Adapter pool) : pool_(pool) {}

  Measurement Run(Workload workload, std::chrono::nanoseconds duration,
                  const std::vector<int>& cpus) override {
    duration_ = duration;
    cpus_ = cpus;
    switch (workload) {
      case Workload::kW1: return OnThreads(1, RunPairs);
      case Workload::kW2Batch64: return OnThreads(1, RunBatches<64>);
      case Workload::kW2Batch1000: return OnThreads(1, RunBatches<1000>);
      case Workload::kW3: return OnThreads(2, RunPairs);
      case Workload::kW3Batch64: return OnThreads(2, RunBatches<64>);
      case Workload::kW4: return HandOver();
      case Workload::kW6: return OnThreads(8, RunBatches<64>);
      case Workload::kW7: return TimeSingles();
      case Workload::kW8: return OnThreads(1, RunBulks<32>);
      default: return {};
    }
  }

 private:
  static void RunPairs(Adapter pool, Lane& lane) { Pairs(pool, lane); }

  template <std::size_t kSize>
  static void RunBatches(Adapter pool, Lane& lane) {
    void* held[kSize];
    Batches<Adapter>(pool, lane, held);
  }

  // Single calls where there are no others.
  template <std::size_t kSize>
  static void RunBulks(Adapter pool, Lane& lane) {
    if constexpr (BulkAdapter<Adapter>) {
      typename Adapter::BulkPointer held[kSize];
      Bulks<Adapter>(pool, lane, held);
    } else {
      RunBatches<kSize>(pool, lane);
    }
  }

  Measurement OnThreads(std::size_t threads, void (*loop)(Adapter, Lane&)) {
    if (threads > 1 && !kThreadSafe<Adapter>) return {};
    const auto body = [&](Lane& lane, std::size_t) {
      const ThreadScopeOf<Adapter> scope(pool_);
      loop(pool_, lane);
    };
    const Work work = RunSlice(cpus_, threads, duration_, body);
    const auto cores = static_cast<double>(std::min(threads, cpus_.size()));
    return {{work.NanosecondsPerPair() * cores}, work.disturbed};
  }

  Measurement HandOver() {
    if (!kThreadSafe<Adapter> || !kHandsOver<Adapter>) return {};
    HandoverRing ring;
    const auto body = [&](Lane& lane, std::size_t thread) {
      const ThreadScopeOf<Adapter> scope(pool_);
      if (thread == 0) {
        Produce(pool_, lane, ring);
      } else {
        Consume(pool_, lane, ring);
      }
    };
    const Work work = RunSlice(cpus_, 2, duration_, body);
    return {{work.NanosecondsPerPair()}, work.disturbed};
  }

  Measurement TimeSingles() {
    if (!kThreadSafe<Adapter>) return {};
    Tails measured[2];
    const auto body = [&](Lane& lane, std::size_t thread) {
      const ThreadScopeOf<Adapter> scope(pool_);
      void* held[64];
      Tails warm_up;
      TimedBatches<Adapter>(pool_, lane, held, warm_up, measured[thread]);
    };
    const Work work = RunSlice(cpus_, 2, duration_, body);
    return {TailNanoseconds(measured[0], measured[1]), work.disturbed};
  }

  Adapter pool_;
  std::chrono::nanoseconds duration_{};
  std::vector<int> cpus_;
};

// W5.
template <SizedAdapter Adapter>
class SizedRunner : public Runner {
 public:
  explicit SizedRunner(Adapter pool) : pool_(pool) {}

  Measurement Run(Workload workload, std::chrono::nanoseconds duration,
                  const std::vector<int>& cpus) override {
    if (workload == Workload::kW5) return Local(duration, cpus);
    if (workload == Workload::kW5Shared && kThreadSafe<Adapter> &&
        kHandsOver<Adapter>) {
      return Shared(duration, cpus);
    }
    return {};
  }

 private:
  Measurement Local(std::chrono::nanoseconds duration, const std::vector<int>& cpus) {
    const auto body = [&](Lane& lane, std::size_t) {
      const ThreadScopeOf<Adapter> scope(pool_);
      Draws draws(1);
      LocalSlots slots;
      for (std::size_t i = 0; i < kLiveBlocks; ++i) {
        slots.sizes[i] = draws.Next().size;
        slots.blocks[i] = pool_.Allocate(slots.sizes[i]);
      }
      Replace(pool_, lane, draws, slots);
      for (std::size_t i = 0; i < kLiveBlocks; ++i) {
        pool_.Free(slots.blocks[i], slots.sizes[i]);
      }
    };
    const Work work = RunSlice(cpus, 1, duration, body);
    return {{work.NanosecondsPerPair()}, work.disturbed};
  }

  Measurement Shared(std::chrono::nanoseconds duration, const std::vector<int>& cpus) {
    constexpr std::size_t kThreads = 2;
    SharedSlots slots{};
    const auto body = [&](Lane& lane, std::size_t thread) {
      const ThreadScopeOf<Adapter> scope(pool_);
      Draws draws(static_cast<unsigned>(thread) + 1);
      ReplaceShared(pool_, lane, draws, slots);
      // Each sweeps after the last block that it put anywhere: nothing is left.
      for (std::atomic<void*>& slot : slots) Exchange(pool_, slot, nullptr);
    };
    const Work work = RunSlice(cpus, kThreads, duration, body);
    const auto cores = static_cast<double>(std::min(kThreads, cpus.size()));
    return {{work.NanosecondsPerPair() * cores}, work.disturbed};
  }

  Adapter pool_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_RUNNER_H_
