// What every other operation costs, next to one allocate and free.
//
//   ./bazelw run -c opt //bench:operations_bench

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/error.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/options.h"
#include "corepool/spsc_queue.h"
#include "corepool/stats.h"

namespace corepool::bench {
namespace {

constexpr std::size_t kBlocks = 16384;

FixedPool* Make(Caching caching, std::size_t blocks = kBlocks) {
  auto pool = hosted::CreateFixedPool(
      {.block_size = 64, .block_count = blocks, .alignment = 64, .caching = caching});
  return pool.ok() ? pool->release() : nullptr;
}

// A pool for as long as the program lives, and what to do with it over and over.
template <class Use>
void Over(benchmark::State& state, FixedPool* pool, const Use& use) {
  if (pool == nullptr) {
    state.SkipWithError("no such caching here");
    return;
  }
  benchmark::DoNotOptimize(pool);
  for (auto _ : state) use(*pool);
}

template <Caching kCaching>
void Pair(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching);
  Over(state, pool, [](FixedPool& p) {
    void* const block = p.Allocate();
    benchmark::DoNotOptimize(block);
    p.Free(block);
  });
}

template <Caching kCaching>
void Bulk32(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching);
  std::array<void*, 32> blocks{};
  Over(state, pool, [&](FixedPool& p) {
    if (p.AllocateBulk(blocks) != Error::kOk) state.SkipWithError("exhausted");
    benchmark::ClobberMemory();
    p.FreeBulk(blocks);
  });
}

template <Caching kCaching>
void UpTo32(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching);
  std::array<void*, 32> blocks{};
  Over(state, pool, [&](FixedPool& p) {
    const std::size_t count = p.AllocateUpTo(blocks);
    benchmark::ClobberMemory();
    p.FreeBulk(std::span<void* const>(blocks.data(), count));
  });
}

// An allocation that fails: the proof that no block is free.
template <Caching kCaching>
void Exhausted(benchmark::State& state) {
  static FixedPool* const pool = [] {
    FixedPool* const drained = Make(kCaching);
    while (drained != nullptr && drained->Allocate() != nullptr) {
    }
    return drained;
  }();
  Over(state, pool, [](FixedPool& p) { benchmark::DoNotOptimize(p.Allocate()); });
}

template <Caching kCaching>
void TakeStats(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching);
  Over(state, pool, [](FixedPool& p) {
    const PoolStats stats = p.Stats();
    benchmark::DoNotOptimize(stats.used);
  });
}

template <Caching kCaching>
void ResetPeak(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching);
  Over(state, pool, [](FixedPool& p) { p.ResetPeak(); });
}

template <Caching kCaching>
void AuditAtRest(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching, 1024);
  Over(state, pool, [](FixedPool& p) {
    benchmark::DoNotOptimize(p.Audit(AuditMode::kAtRest).free);
  });
}

// A flush, and what it costs the core to get going again.
template <Caching kCaching>
void FlushAndPair(benchmark::State& state) {
  static FixedPool* const pool = Make(kCaching);
  Over(state, pool, [](FixedPool& p) {
    p.FlushCaches();
    p.Free(p.Allocate());
  });
}

void IndexAndBack(benchmark::State& state) {
  static FixedPool* const pool = Make(Caching::kAutomatic);
  void* block = pool->BlockAt(77);
  Over(state, pool, [&](FixedPool& p) {
    block = p.BlockAt(p.IndexOf(block));
    benchmark::DoNotOptimize(block);
  });
}

void RefusedFree(benchmark::State& state) {
  static FixedPool* const pool = Make(Caching::kAutomatic);
  Over(state, pool, [](FixedPool& p) { benchmark::DoNotOptimize(p.Free(nullptr)); });
}

void SpscPair(benchmark::State& state) {
  static const auto queue = std::make_unique<StaticSpscQueue<void*, 1024>>();
  void* item = nullptr;
  for (auto _ : state) {
    benchmark::DoNotOptimize(queue->Enqueue(item));
    benchmark::DoNotOptimize(queue->Dequeue(item));
  }
}

BENCHMARK(Pair<Caching::kAutomatic>)->Name("pair");
BENCHMARK(Pair<Caching::kCas>)->Name("pair/cas");
BENCHMARK(Pair<Caching::kNone>)->Name("pair/none");
BENCHMARK(Bulk32<Caching::kAutomatic>)->Name("bulk_of_32");
BENCHMARK(Bulk32<Caching::kCas>)->Name("bulk_of_32/cas");
BENCHMARK(Bulk32<Caching::kNone>)->Name("bulk_of_32/none");
BENCHMARK(UpTo32<Caching::kAutomatic>)->Name("up_to_32");
BENCHMARK(UpTo32<Caching::kCas>)->Name("up_to_32/cas");
BENCHMARK(UpTo32<Caching::kNone>)->Name("up_to_32/none");
BENCHMARK(Exhausted<Caching::kAutomatic>)->Name("exhausted");
BENCHMARK(Exhausted<Caching::kCas>)->Name("exhausted/cas");
BENCHMARK(Exhausted<Caching::kNone>)->Name("exhausted/none");
BENCHMARK(TakeStats<Caching::kAutomatic>)->Name("stats");
BENCHMARK(TakeStats<Caching::kCas>)->Name("stats/cas");
BENCHMARK(TakeStats<Caching::kNone>)->Name("stats/none");
BENCHMARK(ResetPeak<Caching::kAutomatic>)->Name("reset_peak");
BENCHMARK(ResetPeak<Caching::kNone>)->Name("reset_peak/none");
BENCHMARK(AuditAtRest<Caching::kAutomatic>)->Name("audit_of_1024");
BENCHMARK(AuditAtRest<Caching::kCas>)->Name("audit_of_1024/cas");
BENCHMARK(AuditAtRest<Caching::kNone>)->Name("audit_of_1024/none");
BENCHMARK(FlushAndPair<Caching::kAutomatic>)->Name("flush_and_pair");
BENCHMARK(FlushAndPair<Caching::kCas>)->Name("flush_and_pair/cas");
BENCHMARK(IndexAndBack)->Name("index_and_back");
BENCHMARK(RefusedFree)->Name("free_of_nullptr");
BENCHMARK(SpscPair)->Name("spsc_enqueue_and_dequeue");

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  return corepool::bench::RunInterleaved(argc, argv, "pair");
}
