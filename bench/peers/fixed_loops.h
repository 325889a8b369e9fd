// The measured loops of the workloads with blocks of one size: one template for all
// peers. An adapter comes by value, so that what it points at is reached through a
// register, however the peer came by it.

#ifndef COREPOOL_BENCH_PEERS_FIXED_LOOPS_H_
#define COREPOOL_BENCH_PEERS_FIXED_LOOPS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/peers/adapter.h"
#include "bench/peers/cpu.h"
#include "bench/peers/handover_ring.h"
#include "bench/peers/slice.h"
#include "stress/latency_histogram.h"

namespace corepool::bench {

// How often the loops look whether time is up, and count, in pairs.
inline constexpr int kPairsPerLook = 64;

template <FixedAdapter Adapter>
[[gnu::noinline]] void Pairs(Adapter pool, Lane& lane) {
  while (lane.running()) {
    for (int i = 0; i < kPairsPerLook; ++i) {
      void* block = pool.Allocate();
      Touch(block);
      pool.Free(block);
      ForgetMemory();
    }
    lane.Count(kPairsPerLook);
  }
}

// Allocates all of `held`, then frees them in the same order.
template <FixedAdapter Adapter>
[[gnu::noinline]] void Batches(Adapter pool, Lane& lane, std::span<void*> held) {
  while (lane.running()) {
    for (void*& slot : held) {
      void* block = pool.Allocate();
      Touch(block);
      slot = block;
    }
    for (void* const block : held) {
      pool.Free(block);
      ForgetMemory();
    }
    lane.Count(held.size());
  }
}

template <BulkAdapter Adapter>
[[gnu::noinline]] void Bulks(Adapter pool, Lane& lane,
                             std::span<typename Adapter::BulkPointer> held) {
  while (lane.running()) {
    pool.AllocateBulk(held);
    for (void* block : held) Touch(block);
    pool.FreeBulk(held);
    lane.Count(held.size());
  }
}

template <FixedAdapter Adapter>
[[gnu::noinline]] void Produce(Adapter pool, const Lane& lane, HandoverRing& ring) {
  while (lane.running()) {
    for (int i = 0; i < kPairsPerLook; ++i) {
      void* block = pool.Allocate();
      Touch(block);
      ring.Push(block);
    }
  }
  ring.Close();
}

// Frees what comes until nothing can come any more.
template <FixedAdapter Adapter>
[[gnu::noinline]] void Consume(Adapter pool, Lane& lane, HandoverRing& ring) {
  Patience patience;
  for (;;) {
    const bool last = ring.closed();
    void* block = ring.TryPop();
    if (block == nullptr) {
      if (last) return;
      patience.Wait();
      continue;
    }
    (void)*static_cast<volatile std::uint64_t*>(block);
    Forget(block);
    pool.Free(block);
    lane.Count(1);
  }
}

struct Tails {
  stress::LatencyHistogram allocate;  // in ticks
  stress::LatencyHistogram free;
};

// Batches with time stamps around each operation; what was measured after the warm-up
// goes into `measured`.
template <FixedAdapter Adapter>
[[gnu::noinline]] void TimedBatches(Adapter pool, Lane& lane, std::span<void*> held,
                                    Tails& warm_up, Tails& measured) {
  while (lane.running()) {
    Tails& tails = lane.measured() ? measured : warm_up;
    for (void*& slot : held) {
      const std::int64_t begin = Ticks();
      void* block = pool.Allocate();
      Forget(block);
      const std::int64_t end = Ticks();
      Touch(block);
      slot = block;
      tails.allocate.Record(end - begin);
    }
    for (void* const block : held) {
      const std::int64_t begin = Ticks();
      pool.Free(block);
      const std::int64_t end = Ticks();
      tails.free.Record(end - begin);
    }
    lane.Count(held.size());
  }
}

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_FIXED_LOOPS_H_
