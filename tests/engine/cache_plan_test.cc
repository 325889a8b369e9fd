// Proves that caches are planned sensibly and stay in the memory that they asked for.

#include "corepool/engine/cache_plan.h"

#include <cstddef>
#include <cstdint>

#include "corepool/engine/cache_parts.h"
#include "corepool/engine/geometry.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"

namespace corepool::engine {
namespace {

using testing::GuardedMemory;

constexpr std::size_t kBlocks[] = {1,   2,    7,    15,     16,      17,       100,
                                   511, 1000, 4096, 65'536, 100'000, 1'000'000};
constexpr std::size_t kCores[] = {1, 2, 3, 4, 8, 63, 64};
constexpr Caching kKinds[] = {Caching::kRseq, Caching::kCas};

TEST(CachePlan, IsNothingWithoutBlocksOrWithoutCaches) {
  EXPECT_EQ(PlanCaches(0, Caching::kRseq, 8, 8).bytes, 0u);
  EXPECT_EQ(PlanCaches(100, Caching::kNone, 8, 8).bytes, 0u);
  EXPECT_EQ(PlanCaches(100, Caching::kNone, 8, 8).cores, 0u);
}

TEST(CachePlan, FillsCacheLinesWithEachArrayMagazine) {
  for (const std::size_t blocks : kBlocks) {
    for (const std::size_t cores : kCores) {
      const CachePlan plan = PlanCaches(blocks, Caching::kRseq, cores, cores);
      EXPECT_EQ(plan.magazine_bytes % 64, 0u);
      EXPECT_GE(plan.limit, 5u);
      EXPECT_LE(plan.limit, port::CoreArea::kMostLimit);
    }
  }
}

TEST(CachePlan, HoldsAllBlocksAndLeavesEveryCoreTwoMagazinesMore) {
  for (const std::size_t blocks : kBlocks) {
    for (const std::size_t cores : kCores) {
      const CachePlan plan = PlanCaches(blocks, Caching::kCas, cores, cores);
      const std::size_t full = (blocks + plan.limit - 1) / plan.limit;
      EXPECT_GE(plan.magazines, full);
      EXPECT_GE(plan.magazines, full + (full < 2 * cores ? full : 2 * cores));
    }
  }
}

TEST(CachePlan, KeepsAnEighthOfTheBlocksOnLinesUnlessMagazinesWouldBeTiny) {
  for (const std::size_t blocks : kBlocks) {
    for (const std::size_t cores : kCores) {
      const std::size_t limit = MagazineLimit(blocks, cores);
      // Rounded up to whole cache lines of eight entries.
      EXPECT_LE(limit * cores, blocks / 8 + 8 * cores);
    }
  }
}

TEST(CachePlan, GrowsWithTheBlocks) {
  for (const Caching caching : kKinds) {
    for (const std::size_t cores : kCores) {
      CachePlan before = PlanCaches(1, caching, cores, cores);
      for (std::size_t blocks = 2; blocks < 5000; ++blocks) {
        const CachePlan plan = PlanCaches(blocks, caching, cores, cores);
        ASSERT_GE(plan.limit, before.limit);
        ASSERT_GE(plan.magazines * plan.limit, blocks);
        before = plan;
      }
    }
  }
}

TEST(CachePlan, ShrinksItsMagazinesWithTheCores) {
  for (const std::size_t blocks : kBlocks) {
    std::size_t before = MagazineLimit(blocks, 1);
    for (std::size_t cores = 2; cores <= 64; ++cores) {
      const std::size_t limit = MagazineLimit(blocks, cores);
      EXPECT_LE(limit, before);
      before = limit;
    }
  }
}

TEST(CachePlan, FitsIntoWhatAPoolAsksForWhateverMachineItIsOn) {
  for (const std::size_t blocks : kBlocks) {
    for (const Caching asked : {Caching::kAutomatic, Caching::kRseq, Caching::kCas}) {
      PoolOptions options{.block_size = 16, .block_count = blocks, .caching = asked};
      const std::size_t most = MostCacheBytes(options);
      for (const std::size_t cores : kCores) {
        if (asked == Caching::kAutomatic && blocks < kFewestBlocksPerCore * cores) {
          continue;
        }
        for (const Caching caching : kKinds) {
          if (asked != Caching::kAutomatic && asked != caching) continue;
          // Without a number of cores, explicit requests are for 64.
          if (asked != Caching::kAutomatic && cores != 64) continue;
          EXPECT_LE(PlanCaches(blocks, caching, cores, cores).bytes, most)
              << blocks << " blocks, cores: " << cores;
        }
      }
    }
  }
}

TEST(CachePlan, LiesBetweenTheStatesAndTheBlocks) {
  for (const std::size_t blocks : kBlocks) {
    for (const std::size_t cores : kCores) {
      for (const Caching caching : kKinds) {
        const Geometry plan = PlanGeometry({.block_size = 64,
                                            .block_count = blocks,
                                            .alignment = 64,
                                            .caching = caching,
                                            .cores = cores});
        ASSERT_EQ(plan.error, Error::kOk);
        const std::size_t caches = PlanCaches(blocks, caching, cores, cores).bytes;
        EXPECT_GE(plan.caches_offset, plan.states_offset);
        EXPECT_LE(plan.caches_offset + caches + kCachesSlack, plan.bookkeeping_bytes);
        EXPECT_LE(plan.bookkeeping_bytes, plan.blocks_offset);
      }
    }
  }
}

TEST(LayOutCaches, AlignsItselfAndStaysInItsBytesWhereverItBegins) {
  for (const std::size_t blocks : {1u, 33u, 1000u, 20'000u}) {
    for (const std::size_t cores : {1u, 3u, 64u}) {
      for (const Caching caching : kKinds) {
        const CachePlan plan = PlanCaches(blocks, caching, cores, cores);
        for (std::size_t shift = 0; shift < alignof(CacheState);
             shift += kBookkeepingAlignment) {
          const std::size_t slack =
              shift == 0 ? 0 : alignof(CacheState) - shift;  // that it needs
          ASSERT_LE(slack, kCachesSlack);
          GuardedMemory memory(shift + slack + plan.bytes, alignof(CacheState));
          std::byte* const begin = memory.span().data() + shift;
          const CacheParts parts = LayOutCaches(plan, caching, begin);
          ASSERT_TRUE(memory.Intact());
          EXPECT_EQ(parts.area, begin + slack);
          EXPECT_EQ(reinterpret_cast<std::uintptr_t>(parts.state) % alignof(CacheState),
                    0u);
          EXPECT_EQ(static_cast<void*>(parts.ids.nodes + parts.ids.count),
                    static_cast<void*>(memory.span().data() + memory.span().size()));
        }
      }
    }
  }
}

TEST(LayOutCaches, PutsEveryMagazineIntoTheDepotAndFindsItByNumber) {
  for (const Caching caching : kKinds) {
    const CachePlan plan = PlanCaches(1000, caching, 3, 3);
    GuardedMemory memory(plan.bytes, alignof(CacheState));
    const CacheParts parts = LayOutCaches(plan, caching, memory.span().data());
    for (lockfree::Index core = 0; core < 3; ++core) {
      EXPECT_EQ(parts.Line(core).current.load(lockfree::kRelaxed), kNoMagazine);
      EXPECT_EQ(parts.Line(core).previous.load(lockfree::kRelaxed), kNoMagazine);
    }
    EXPECT_EQ(parts.state->filled.Look(parts.ids).depth, 0u);
    EXPECT_EQ(parts.state->empty.Look(parts.ids).depth, plan.magazines);
    for (lockfree::Index id = 0; id < plan.magazines; ++id) {
      const MagazineRef ref = parts.RefOf(id);
      EXPECT_NE(ref, kNoMagazine);
      EXPECT_EQ(parts.IdOf(ref), id);
      EXPECT_LE(ref + plan.magazine_bytes, plan.state_offset);
    }
  }
}

TEST(LayOutCaches, DoesNothingWithoutCaches) {
  const CacheParts parts = LayOutCaches(CachePlan{}, Caching::kNone, nullptr);
  EXPECT_EQ(parts.cores, 0u);
  EXPECT_EQ(parts.state, nullptr);
}

}  // namespace
}  // namespace corepool::engine
