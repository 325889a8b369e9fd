// What calls of the C interface cost beside the C++ calls under them: a pair of
// allocating and freeing, or of enqueuing and dequeuing, by one thread.

#include <cstddef>
#include <span>

#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/c/corepool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/mpmc_queue.h"
#include "corepool/multi_pool.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/spsc_queue.h"

namespace corepool {
namespace {

constexpr std::size_t kBytes = 1 << 20;
constexpr std::size_t kSize = 64;
constexpr std::size_t kCount = 1024;
alignas(COREPOOL_OBJECT_ALIGNMENT) std::byte memory[2][kBytes];

template <class Allocate, class Free>
void Pairs(benchmark::State& state, const Allocate& allocate, const Free& free) {
  for (auto _ : state) {
    void* block = allocate();
    benchmark::DoNotOptimize(block);
    benchmark::DoNotOptimize(free(block));
  }
}

template <Caching kCaching>
void CppFixed(benchmark::State& state) {
  static constinit FixedPool pool;
  const PoolOptions options{
      .block_size = kSize, .block_count = kCount, .caching = kCaching};
  if (pool.Init(options, memory[0]) != Error::kOk) return state.SkipWithError("Init");
  Pairs(
      state, [] { return pool.Allocate(); },
      [](void* block) { return pool.Free(block); });
  (void)pool.Deinit();
}

template <corepool_caching_t kCaching>
void CFixed(benchmark::State& state) {
  static corepool_fixed_pool_t pool;
  corepool_pool_options_t options{};
  options.block_size = kSize;
  options.block_count = kCount;
  options.caching = kCaching;
  if (corepool_fixed_pool_init(&pool, &options, memory[1], kBytes) != COREPOOL_OK) {
    return state.SkipWithError("init");
  }
  Pairs(
      state, [] { return corepool_fixed_pool_allocate(&pool); },
      [](void* block) { return corepool_fixed_pool_free(&pool, block); });
  (void)corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE);
}

BENCHMARK(CppFixed<Caching::kAutomatic>);
BENCHMARK(CFixed<COREPOOL_CACHING_AUTOMATIC>);
BENCHMARK(CppFixed<Caching::kCas>);
BENCHMARK(CFixed<COREPOOL_CACHING_CAS>);
BENCHMARK(CppFixed<Caching::kNone>);
BENCHMARK(CFixed<COREPOOL_CACHING_NONE>);

void CppMulti(benchmark::State& state) {
  static constinit MultiPool pool;
  constexpr SizeClassOptions kClasses[] = {{32, 256}, {64, 256}, {128, 256}};
  if (pool.Init(kClasses, {}, memory[0]) != Error::kOk) {
    return state.SkipWithError("Init");
  }
  Pairs(
      state, [] { return pool.Allocate(50); },
      [](void* block) { return pool.Free(block); });
  (void)pool.Deinit();
}
BENCHMARK(CppMulti);

void CMulti(benchmark::State& state) {
  static corepool_multi_pool_t pool;
  const corepool_size_class_options_t classes[] = {{32, 256}, {64, 256}, {128, 256}};
  if (corepool_multi_pool_init(&pool, classes, 3, nullptr, memory[1], kBytes) !=
      COREPOOL_OK) {
    return state.SkipWithError("init");
  }
  Pairs(
      state, [] { return corepool_multi_pool_allocate(&pool, 50); },
      [](void* block) { return corepool_multi_pool_free(&pool, block); });
  (void)corepool_multi_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE);
}
BENCHMARK(CMulti);

void CppQuad(benchmark::State& state) {
  static constinit QuadPool pool;
  const QuadPoolOptions options{
      .min_block_size = 64, .max_block_size = 4096, .block_count = 4};
  if (pool.Init(options, memory[0]) != Error::kOk) return state.SkipWithError("Init");
  Pairs(
      state, [] { return pool.Allocate(50); },
      [](void* block) { return pool.Free(block); });
  (void)pool.Deinit();
}
BENCHMARK(CppQuad);

void CQuad(benchmark::State& state) {
  static corepool_quad_pool_t pool;
  corepool_quad_pool_options_t options{};
  options.min_block_size = 64;
  options.max_block_size = 4096;
  options.block_count = 4;
  if (corepool_quad_pool_init(&pool, &options, memory[1], kBytes) != COREPOOL_OK) {
    return state.SkipWithError("init");
  }
  Pairs(
      state, [] { return corepool_quad_pool_allocate(&pool, 50); },
      [](void* block) { return corepool_quad_pool_free(&pool, block); });
  (void)corepool_quad_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE);
}
BENCHMARK(CQuad);

template <class Queue>
void CppQueue(benchmark::State& state, Queue& queue) {
  void* value = &queue;
  for (auto _ : state) {
    benchmark::DoNotOptimize(queue.Enqueue(value));
    benchmark::DoNotOptimize(queue.Dequeue(value));
  }
}

void CppSpsc(benchmark::State& state) {
  static void* slots[kSize];
  static constinit SpscQueue<void*> queue{std::span(slots)};
  CppQueue(state, queue);
}
BENCHMARK(CppSpsc);

void CSpsc(benchmark::State& state) {
  static corepool_spsc_queue_t queue;
  static void* slots[kSize];
  (void)corepool_spsc_queue_init(&queue, slots, kSize);
  void* value = &queue;
  for (auto _ : state) {
    benchmark::DoNotOptimize(corepool_spsc_queue_enqueue(&queue, value));
    benchmark::DoNotOptimize(corepool_spsc_queue_dequeue(&queue, &value));
  }
}
BENCHMARK(CSpsc);

void CppMpmc(benchmark::State& state) {
  static constinit MpmcQueue<void*> queue;
  (void)queue.Init({.capacity = kSize}, memory[0]);
  CppQueue(state, queue);
  (void)queue.Deinit();
}
BENCHMARK(CppMpmc);

void CMpmc(benchmark::State& state) {
  static corepool_mpmc_queue_t queue;
  corepool_mpmc_options_t options{};
  options.capacity = kSize;
  (void)corepool_mpmc_queue_init(&queue, &options, memory[1], kBytes);
  void* value = &queue;
  for (auto _ : state) {
    benchmark::DoNotOptimize(corepool_mpmc_queue_enqueue(&queue, value));
    benchmark::DoNotOptimize(corepool_mpmc_queue_dequeue(&queue, &value));
  }
  (void)corepool_mpmc_queue_deinit(&queue);
}
BENCHMARK(CMpmc);

}  // namespace
}  // namespace corepool

int main(int argc, char** argv) {
  return corepool::bench::RunInterleaved(argc, argv, "CppFixed<Caching::kAutomatic>");
}
