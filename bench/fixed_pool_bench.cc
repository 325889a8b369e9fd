// What one allocate and free cost a single thread, next to a bare tagged stack.
//
//   ./bazelw run -c opt //bench:fixed_pool_bench

#include <cstddef>
#include <cstdint>
#include <memory>

#include "bench/bare_stack.h"
#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/options.h"
#include "corepool/static_pool.h"

namespace corepool::bench {
namespace {

constexpr std::size_t kBlockSize = 64;
constexpr std::uint32_t kBlocks = 16384;

struct alignas(64) Block {
  std::byte bytes[kBlockSize];
};

// The first word of each block is written, as a user would. The pool's address goes
// through a register that the compiler cannot see into.
template <class Pool>
void Pairs(benchmark::State& state, Pool* pool) {
  benchmark::DoNotOptimize(pool);
  for (auto _ : state) {
    auto* const block = pool->Allocate();
    *reinterpret_cast<volatile std::uint64_t*>(block) = 1;
    benchmark::DoNotOptimize(block);
    pool->Free(block);
  }
}

void Bare(benchmark::State& state) {
  static const auto stack = std::make_unique<BareStack<kBlockSize, kBlocks>>();
  Pairs(state, stack.get());
}

template <Caching kCaching, Checking kChecking, State kState>
void Fixed(benchmark::State& state) {
  static const auto pool = hosted::CreateFixedPool({.block_size = kBlockSize,
                                                    .block_count = kBlocks,
                                                    .alignment = 64,
                                                    .checking = kChecking,
                                                    .caching = kCaching,
                                                    .state = kState});
  if (!pool.ok()) {
    state.SkipWithError(pool.status().ToString().c_str());
    return;
  }
  Pairs(state, pool->get());
}

template <Checking kChecking, Caching kCaching>
void Static(benchmark::State& state) {
  static constinit StaticPool<Block, kBlocks, kChecking, kCaching> pool;
  Pairs(state, &pool);
}

BENCHMARK(Bare)->Name("bare_tagged_stack");
BENCHMARK(Fixed<Caching::kAutomatic, Checking::kBasic, State::kCookie>)
    ->Name("fixed_pool/automatic/basic");
BENCHMARK(Fixed<Caching::kAutomatic, Checking::kBasic, State::kSide>)
    ->Name("fixed_pool/automatic/basic_side");
BENCHMARK(Fixed<Caching::kAutomatic, Checking::kOff, State::kAutomatic>)
    ->Name("fixed_pool/automatic/off");
BENCHMARK(Fixed<Caching::kAutomatic, Checking::kStrict, State::kCookie>)
    ->Name("fixed_pool/automatic/strict");
BENCHMARK(Fixed<Caching::kAutomatic, Checking::kFull, State::kCookie>)
    ->Name("fixed_pool/automatic/full");
BENCHMARK(Fixed<Caching::kCas, Checking::kBasic, State::kCookie>)
    ->Name("fixed_pool/cas/basic");
BENCHMARK(Fixed<Caching::kCas, Checking::kOff, State::kAutomatic>)
    ->Name("fixed_pool/cas/off");
BENCHMARK(Fixed<Caching::kNone, Checking::kBasic, State::kCookie>)
    ->Name("fixed_pool/none/basic");
BENCHMARK(Fixed<Caching::kNone, Checking::kBasic, State::kSide>)
    ->Name("fixed_pool/none/basic_side");
BENCHMARK(Fixed<Caching::kNone, Checking::kOff, State::kAutomatic>)
    ->Name("fixed_pool/none/off");
BENCHMARK(Static<Checking::kBasic, Caching::kAutomatic>)
    ->Name("static_pool/automatic/basic");
BENCHMARK(Static<Checking::kOff, Caching::kAutomatic>)
    ->Name("static_pool/automatic/off");
BENCHMARK(Static<Checking::kBasic, Caching::kNone>)->Name("static_pool/none/basic");
BENCHMARK(Static<Checking::kOff, Caching::kNone>)->Name("static_pool/none/off");

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  return corepool::bench::RunInterleaved(argc, argv, "bare_tagged_stack");
}
