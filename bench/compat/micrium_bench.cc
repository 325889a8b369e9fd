// What Mem_DynPoolBlkGet and Mem_DynPoolBlkFree cost, beside a DynamicPool of the same
// kind, and what the static pools do, beside a FixedPool.
//
//   ./bazelw run -c opt //bench/compat:micrium_bench

#include <cstddef>

#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/dynamic_pool.h"
#include "corepool/dynamic_pool_options.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "lib_mem.h"

namespace corepool::bench {
namespace {

constexpr std::size_t kBlocks = 64;
constexpr std::size_t kSize = 64;

alignas(64) std::byte memory[1 << 16];
alignas(kDynamicBookkeepingAlignment) std::byte bookkeeping[1 << 16];

template <class Pool>
void Pairs(benchmark::State& state, Pool& pool) {
  for (auto _ : state) {
    void* const block = pool.Allocate();
    benchmark::DoNotOptimize(block);
    pool.Free(block);
  }
}

void DynamicPoolPair(benchmark::State& state) {
  static constinit Segment segment;
  static constinit DynamicPool pool;
  const DynamicPoolOptions options{.block_size = kSize,
                                   .initial = kBlocks,
                                   .maximum = kBlocks,
                                   .caching = Caching::kNone,
                                   .state = State::kSide};
  if (!pool.is_initialized() &&
      (segment.Init("bench", memory) != Error::kOk ||
       pool.Init(options, segment, bookkeeping) != Error::kOk)) {
    state.SkipWithError("no pool");
  }
  Pairs(state, pool);
}

void FixedPoolPair(benchmark::State& state) {
  static constinit FixedPool pool;
  alignas(64) static std::byte own[1 << 14];
  const PoolOptions options{.block_size = kSize,
                            .block_count = kBlocks,
                            .caching = Caching::kNone,
                            .state = State::kSide};
  if (!pool.is_initialized() && pool.Init(options, own) != Error::kOk) {
    state.SkipWithError("no pool");
  }
  Pairs(state, pool);
}

void MicriumPair(benchmark::State& state, CPU_SIZE_T most) {
  alignas(64) static CPU_INT08U own[1 << 14];
  MEM_SEG segment{};
  MEM_DYN_POOL pool{};
  LIB_ERR error;
  Mem_Init();
  Mem_SegCreate("bench", &segment, reinterpret_cast<CPU_ADDR>(own), sizeof(own), 1,
                &error);
  Mem_DynPoolCreate("pool", &pool, &segment, kSize, 16, kBlocks, most, &error);
  if (error != LIB_MEM_ERR_NONE) state.SkipWithError("no pool");
  for (auto _ : state) {
    void* const block = Mem_DynPoolBlkGet(&pool, &error);
    benchmark::DoNotOptimize(block);
    Mem_DynPoolBlkFree(&pool, block, &error);
  }
}
void Limited(benchmark::State& state) { MicriumPair(state, kBlocks); }
void Unlimited(benchmark::State& state) {
  MicriumPair(state, LIB_MEM_BLK_QTY_UNLIMITED);
}

void StaticPair(benchmark::State& state) {
  alignas(64) static CPU_INT08U own[kBlocks * kSize];
  static MEM_POOL pool{};
  LIB_ERR error = LIB_MEM_ERR_NONE;
  if (pool.BlkNbr == 0) {
    Mem_PoolCreate(&pool, own, sizeof(own), kBlocks, kSize, 16, nullptr, &error);
  }
  if (error != LIB_MEM_ERR_NONE) state.SkipWithError("no pool");
  for (auto _ : state) {
    void* const block = Mem_PoolBlkGet(&pool, kSize, &error);
    benchmark::DoNotOptimize(block);
    Mem_PoolBlkFree(&pool, block, &error);
  }
}

BENCHMARK(DynamicPoolPair)->Name("DynamicPool");
BENCHMARK(Unlimited)->Name("MEM_DYN_POOL, unlimited");
BENCHMARK(Limited)->Name("MEM_DYN_POOL, limited");
BENCHMARK(FixedPoolPair)->Name("FixedPool");
BENCHMARK(StaticPair)->Name("MEM_POOL");

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  return corepool::bench::RunInterleaved(argc, argv, "DynamicPool");
}
