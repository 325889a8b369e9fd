// What waiting costs: a free while nobody waits, a block handed to a sleeping thread,
// and how late timeouts are (counters late_p50_us and late_p99_us).
//
//   ./bazelw run -c opt //bench:wait_bench

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "bench/ratio_reporter.h"
#include "benchmark/benchmark.h"
#include "corepool/error.h"
#include "corepool/futex_wait.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/options.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"

namespace corepool::bench {
namespace {

// For as long as the program lives.
FixedPool* Make(std::size_t blocks, Waiters* waiters) {
  auto pool = hosted::CreateFixedPool(
      {.block_size = 64, .block_count = blocks, .alignment = 64, .waiters = waiters});
  return pool.ok() ? pool->release() : nullptr;
}

void Pairs(benchmark::State& state, FixedPool* pool) {
  if (pool == nullptr) {
    state.SkipWithError("no pool");
    return;
  }
  benchmark::DoNotOptimize(pool);
  for (auto _ : state) {
    void* const block = pool->Allocate();
    benchmark::DoNotOptimize(block);
    pool->Free(block);
  }
}

constexpr std::size_t kBlocks = 16384;

void PairNobodyMayWait(benchmark::State& state) {
  static FixedPool* const pool = Make(kBlocks, nullptr);
  Pairs(state, pool);
}

void PairNobodyWaits(benchmark::State& state) {
  static StaticWaiters<8> waiters(kFutexWaitPort);
  static FixedPool* const pool = Make(kBlocks, &waiters);
  Pairs(state, pool);
}

// Two threads, each frees a block that the other sleeps for: two hand-overs a turn.
void HandOver(benchmark::State& state) {
  StaticWaiters<1> here(kFutexWaitPort);
  StaticWaiters<1> there(kFutexWaitPort);
  const hosted::OwnedFixedPool pings(Make(1, &there));
  const hosted::OwnedFixedPool pongs(Make(1, &here));
  void* ping = pings->Allocate();
  void* pong = pongs->Allocate();
  std::atomic<bool> done{false};
  std::thread partner([&] {
    for (;;) {
      void* const got = pings->AllocateUntil(kForever, 0).block;
      if (done.load()) return;
      ping = got;
      pongs->Free(pong);
    }
  });
  for (auto _ : state) {
    pings->Free(ping);
    pong = pongs->AllocateUntil(kForever, 0).block;
  }
  done.store(true);
  pings->Free(ping);
  partner.join();
}

void Timeout(benchmark::State& state) {
  static StaticWaiters<1> waiters(kFutexWaitPort);
  static FixedPool* const pool = Make(1, &waiters);
  void* const block = pool->Allocate();
  std::vector<double> late;
  for (auto _ : state) {
    const Ticks deadline = waiters.Now() + 1'000'000;
    const auto got = pool->AllocateUntil(deadline, 0);
    const Ticks now = waiters.Now();
    if (got.error != Error::kTimedOut) state.SkipWithError("a block");
    late.push_back(static_cast<double>(now - deadline) / 1000);
  }
  pool->Free(block);
  std::sort(late.begin(), late.end());
  state.counters["late_p50_us"] = late[late.size() / 2];
  state.counters["late_p99_us"] = late[late.size() * 99 / 100];
}

BENCHMARK(PairNobodyMayWait)->Name("pair/nobody_may_wait");
BENCHMARK(PairNobodyWaits)->Name("pair/nobody_waits");
BENCHMARK(HandOver)->Name("hand_over/there_and_back")->UseRealTime();
BENCHMARK(Timeout)->Name("timeout/of_1_ms")->UseRealTime();

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  return corepool::bench::RunInterleaved(argc, argv, "pair/nobody_may_wait");
}
