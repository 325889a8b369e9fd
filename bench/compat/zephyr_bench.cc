// What Zephyr's interface costs beside the C++ calls under it: batches of allocations
// and of frees, and pairs of both.
//
//   ./bazelw run -c opt //bench/compat:zephyr_bench

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/futex_wait.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/wait.h"
#include "zephyr.h"

COREPOOL_ZEPHYR_DEFINE_POOL(POOL, 64, 4096, 16);
DEFINE_MEM_MAP(MAP, 1024, 64)

namespace corepool::bench {
namespace {

constexpr std::size_t kBatch = 256;
constexpr std::size_t kSize = 64;

// The pool that is under POOL, and the one under MAP.
QuadPool& Quad() {
  static constexpr QuadPoolOptions kOptions = {
      .min_block_size = 64, .max_block_size = 4096, .block_count = 16};
  static StaticWaiters<COREPOOL_ZEPHYR_WAITERS> waiters(kFutexWaitPort);
  alignas(128) static std::byte memory[RequiredBytes(kOptions)];
  static QuadPool pool;
  static const Error made = [] {
    QuadPoolOptions options = kOptions;
    options.waiters = &waiters;
    return pool.Init(options, memory);
  }();
  if (made != Error::kOk) std::abort();
  return pool;
}

FixedPool& Fixed() {
  static constexpr PoolOptions kOptions = {.block_size = 64,
                                           .block_count = 1024,
                                           .caching = Caching::kNone,
                                           .state = State::kSide};
  static StaticWaiters<COREPOOL_ZEPHYR_WAITERS> waiters(kFutexWaitPort);
  alignas(128) static std::byte memory[RequiredBytes(kOptions)];
  static FixedPool pool;
  static const Error made = [] {
    PoolOptions options = kOptions;
    options.waiters = &waiters;
    return pool.Init(options, memory);
  }();
  if (made != Error::kOk) std::abort();
  return pool;
}

struct CppPool {
  using Block = void*;
  static void Allocate(Block& block) { block = Quad().Allocate(kSize); }
  static void Free(Block& block) { Quad().Free(block); }
};
struct ZephyrPool {
  using Block = k_block;
  static void Allocate(Block& block) {
    (void)task_mem_pool_alloc(&block, POOL, static_cast<int>(kSize));
  }
  static void Free(Block& block) { task_mem_pool_free(&block); }
};
struct CppMap {
  using Block = void*;
  static void Allocate(Block& block) { block = Fixed().Allocate(); }
  static void Free(Block& block) { Fixed().Free(block); }
};
struct ZephyrMap {
  using Block = void*;
  static void Allocate(Block& block) { (void)task_mem_map_alloc(MAP, &block); }
  static void Free(Block& block) { task_mem_map_free(MAP, &block); }
};

template <class Pool>
void Pairs(benchmark::State& state) {
  typename Pool::Block block{};
  for (auto _ : state) {
    Pool::Allocate(block);
    benchmark::DoNotOptimize(block);
    Pool::Free(block);
  }
}

// Times the allocations of batches, or their frees.
template <class Pool, bool kFrees>
void Batches(benchmark::State& state) {
  typename Pool::Block blocks[kBatch] = {};
  for (auto _ : state) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    for (auto& block : blocks) Pool::Allocate(block);
    benchmark::DoNotOptimize(blocks);
    const auto middle = Clock::now();
    for (auto& block : blocks) Pool::Free(block);
    const auto end = Clock::now();
    const std::chrono::duration<double> took = kFrees ? end - middle : middle - begin;
    state.SetIterationTime(took.count());
  }
}

template <class Pool>
void Register(const std::string& name) {
  benchmark::RegisterBenchmark((name + "_pairs").c_str(), &Pairs<Pool>);
  benchmark::RegisterBenchmark((name + "_allocate").c_str(), &Batches<Pool, false>)
      ->UseManualTime();
  benchmark::RegisterBenchmark((name + "_free").c_str(), &Batches<Pool, true>)
      ->UseManualTime();
}

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;
  Register<CppPool>("quad_pool");
  Register<ZephyrPool>("task_mem_pool");
  Register<CppMap>("fixed_pool");
  Register<ZephyrMap>("task_mem_map");
  return RunInterleaved(argc, argv, "quad_pool_pairs");
}
