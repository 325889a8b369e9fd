// What Mynewt's calls cost beside the C++ calls that do the same.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "benchmark/benchmark.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "os/os_mempool.h"

namespace {

constexpr std::size_t kBlocks = 64;
constexpr std::size_t kSize = 64;
constexpr std::size_t kBurst = 32;

struct Mynewt {
  Mynewt() {
    static char name[] = "bench";
    if (os_mempool_init(&pool, kBlocks, kSize, memory, name) != OS_OK) __builtin_trap();
  }
  ~Mynewt() { (void)os_mempool_unregister(&pool); }
  void* Get() { return os_memblock_get(&pool); }
  void Put(void* block) { (void)os_memblock_put(&pool, block); }

  os_mempool pool;
  os_membuf_t memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];
};

// The free list that a drop-in can be made of: last in, first out, without caches.
struct Fixed {
  static constexpr corepool::PoolOptions kOptions = {
      .block_size = kSize,
      .block_count = kBlocks,
      .alignment = 8,
      .caching = corepool::Caching::kNone,
      .state = corepool::State::kSide};
  Fixed() {
    if (pool.Init(kOptions, memory) != corepool::Error::kOk) __builtin_trap();
  }
  void* Get() { return pool.Allocate(); }
  void Put(void* block) { (void)pool.Free(block); }

  alignas(64) std::byte memory[corepool::RequiredBytes(kOptions)];
  corepool::FixedPool pool;
};

template <class Pool>
void Pairs(benchmark::State& state) {
  static Pool pool;
  for (auto _ : state) {
    void* const block = pool.Get();
    benchmark::DoNotOptimize(block);
    pool.Put(block);
  }
}

template <class Pool>
void Bursts(benchmark::State& state) {
  static Pool pool;
  void* blocks[kBurst];
  for (auto _ : state) {
    for (void*& block : blocks) block = pool.Get();
    benchmark::DoNotOptimize(blocks);
    for (void* const block : blocks) pool.Put(block);
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{kBurst});
}

BENCHMARK(Pairs<Fixed>);
BENCHMARK(Pairs<Mynewt>);
BENCHMARK(Bursts<Fixed>);
BENCHMARK(Bursts<Mynewt>);
BENCHMARK(Pairs<Fixed>)->Threads(2);
BENCHMARK(Pairs<Mynewt>)->Threads(2);

}  // namespace

BENCHMARK_MAIN();
