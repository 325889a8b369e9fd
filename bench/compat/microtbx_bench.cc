// What TbxMemPoolAllocate and TbxMemPoolRelease cost, beside a MultiPool of the same
// sizes: without caches, which is what they are made like, and as it chooses by itself.
//
//   ./bazelw run -c opt //bench/compat:microtbx_bench

#include <array>
#include <cstddef>

#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/error.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "tbx_mempool.h"

namespace corepool::bench {
namespace {

constexpr std::size_t kBlocks = 64;
constexpr SizeClassOptions kClasses[] = {{16, kBlocks}, {32, kBlocks}, {64, kBlocks}};
constexpr std::size_t kAsked[] = {12, 30, 60, 64, 17, 33, 5, 16};

template <Caching kCaching>
MultiPool& Pool() {
  constexpr MultiPoolOptions kOptions{.pools = {.caching = kCaching}};
  alignas(RequiredAlignment(
      kClasses,
      kOptions)) static std::array<std::byte, RequiredBytes(kClasses, kOptions)>
      memory;
  static constinit MultiPool pool;
  if (!pool.is_initialized()) (void)pool.Init(kClasses, kOptions, memory);
  return pool;
}

template <Caching kCaching>
void MultiPoolPair(benchmark::State& state) {
  MultiPool& pool = Pool<kCaching>();
  std::size_t next = 0;
  for (auto _ : state) {
    void* const block = pool.Allocate(kAsked[next++ % std::size(kAsked)]);
    benchmark::DoNotOptimize(block);
    pool.Free(block);
  }
}

void MicroTbxPair(benchmark::State& state) {
  static const bool made = [] {
    bool good = true;
    for (const SizeClassOptions& one : kClasses) {
      good = good && TbxMemPoolCreate(one.block_count, one.block_size) == 1;
    }
    return good;
  }();
  if (!made) state.SkipWithError("no pools");
  std::size_t next = 0;
  for (auto _ : state) {
    void* const block = TbxMemPoolAllocate(kAsked[next++ % std::size(kAsked)]);
    benchmark::DoNotOptimize(block);
    TbxMemPoolRelease(block);
  }
}

BENCHMARK(MultiPoolPair<Caching::kNone>)->Name("MultiPool, no caches");
BENCHMARK(MicroTbxPair)->Name("MicroTBX");
BENCHMARK(MultiPoolPair<Caching::kAutomatic>)->Name("MultiPool");

}  // namespace
}  // namespace corepool::bench

// The program's heap.
extern "C" void* TbxHeapAllocate(std::size_t size) {
  alignas(16) static std::byte heap[1 << 16];
  static std::size_t used = 0;
  const std::size_t begin = used;
  if (size > sizeof(heap) - begin) return nullptr;
  used += (size + 7) / 8 * 8;
  return heap + begin;
}

int main(int argc, char** argv) {
  return corepool::bench::RunInterleaved(argc, argv, "MultiPool, no caches");
}
