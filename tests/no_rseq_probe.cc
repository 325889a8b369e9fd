// What pools do where restartable sections cannot be had, although the build has them.
// Ends with 1 if that is not as promised. Small enough for valgrind.

#include <cstddef>
#include <cstdio>
#include <set>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/static_pool.h"
#include "tests/support/cachings.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

bool good = true;

void Expect(bool holds, const char* what) {
  std::printf("%s: %s\n", holds ? "yes" : "NO", what);
  good = good && holds;
}

constinit StaticPool<long, 500> static_pool;

// Threads that exchange blocks by way of the pool only.
template <class Pool>
bool AllFoundAfterTraffic(Pool& pool, std::size_t capacity) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&pool] {
      for (int round = 0; round < 200; ++round) {
        decltype(pool.Allocate()) blocks[20];
        for (auto& block : blocks) block = pool.Allocate();
        for (auto block : blocks) pool.Free(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<decltype(pool.Allocate())> blocks;
  while (auto block = pool.Allocate()) blocks.push_back(block);
  for (auto block : blocks) pool.Free(block);
  return std::set<const void*>(blocks.begin(), blocks.end()).size() == capacity &&
         blocks.size() == capacity &&
         pool.Audit(AuditMode::kAtRest).error == Error::kOk;
}

int Main() {
  constexpr std::size_t kBlocks = 500;
  const bool several = port::Cores::Count() > 1;
  Expect(!Works(Caching::kRseq), "kRseq is refused");
  const TestPool refused(
      {.block_size = 8, .block_count = 1, .caching = Caching::kRseq});
  Expect(refused.error == Error::kUnsupported, "as kUnsupported");

  TestPool automatic({.block_size = 16, .block_count = kBlocks});
  Expect(automatic->Caching() == (several ? Caching::kCas : Caching::kNone),
         "a pool with kAutomatic has kCas, if there are several cores");
  Expect(AllFoundAfterTraffic(automatic.pool, kBlocks), "and loses nothing");

  Expect(static_pool.Caching() ==
             (port::Cores::kRestartable ? Caching::kNone : Caching::kCas),
         "a static pool that was compiled for kRseq goes on without caches");
  Expect(AllFoundAfterTraffic(static_pool, kBlocks), "and loses nothing");

  TestPool none({.block_size = 16, .block_count = kBlocks, .caching = Caching::kNone});
  Expect(AllFoundAfterTraffic(none.pool, kBlocks), "neither does one without caches");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace corepool::testing

int main() { return corepool::testing::Main(); }
