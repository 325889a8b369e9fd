// A pool with memory of its own whose leaks are collected.

#ifndef COREPOOL_TESTS_SUPPORT_LEAKY_POOL_H_
#define COREPOOL_TESTS_SUPPORT_LEAKY_POOL_H_

#include <cstddef>
#include <map>
#include <set>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

// `Pool` is a FixedPool, or a DynamicPool with its segment.
template <class Pool>
struct LeakyPool {
  template <class Options, class... Segment>
  explicit LeakyPool(Options options, Segment&... segment)
      : memory(BytesFor(options, segment...), kAlignment) {
    options.misuse_handler = [](const MisuseReport& report) {
      auto& self = *static_cast<LeakyPool*>(report.context);
      EXPECT_EQ(report.kind, Error::kLeak);
      EXPECT_EQ(report.pool, &self.pool);
      EXPECT_EQ(report.block, self.pool.BlockAt(report.index));
      EXPECT_EQ(report.owner, self.pool.OwnerOf(self.pool.BlockAt(report.index)));
      ++self.leaks[report.block];
    };
    options.misuse_context = this;
    error = pool.Init(options, segment..., memory.span());
  }

  // What was reported, each block once.
  std::set<const void*> Leaked() const {
    std::set<const void*> blocks;
    for (const auto& [block, times] : leaks) {
      EXPECT_EQ(times, 1);
      blocks.insert(block);
    }
    return blocks;
  }

  GuardedMemory memory;
  Pool pool;
  Error error;
  std::map<const void*, int> leaks;

 private:
  static constexpr std::size_t kAlignment = 64;  // as much as any needs

  template <class Options>
  static std::size_t BytesFor(const Options& options) {
    return RequiredBytes(options);
  }
  template <class Options, class Segment>
  static std::size_t BytesFor(const Options& options, const Segment& segment) {
    return RequiredBookkeepingBytes(options, segment);
  }
};

// Statistics of a pool in which nothing has happened yet.
inline void ExpectNothingCounted(const PoolStats& stats) {
  EXPECT_EQ(stats.used, 0u);
  EXPECT_EQ(stats.peak, 0u);
  EXPECT_EQ(stats.allocations, 0u);
  EXPECT_EQ(stats.frees, 0u);
  EXPECT_EQ(stats.failures, 0u);
  EXPECT_EQ(stats.misuses, 0u);
  EXPECT_EQ(stats.steals, 0u);
  EXPECT_EQ(stats.withheld, 0u);
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_LEAKY_POOL_H_
