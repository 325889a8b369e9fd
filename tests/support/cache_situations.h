// Pools in every state that a thread can find their caches in.

#ifndef COREPOOL_TESTS_SUPPORT_CACHE_SITUATIONS_H_
#define COREPOOL_TESTS_SUPPORT_CACHE_SITUATIONS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "corepool/options.h"
#include "corepool/port/cores_concept.h"
#include "tests/support/cache_view.h"
#include "tests/support/test_pool.h"
#include "tests/support/virtual_core_traffic.h"

namespace corepool::testing {

// Magazines of 5; all lines' together hold half of the blocks.
inline constexpr std::size_t kBlocks = 40;
inline constexpr std::uint32_t kCores = 4;
inline constexpr std::size_t kLimit = 5;

// A pool and the blocks that are allocated to nobody in particular.
class World {
 public:
  explicit World(Caching caching)
      : options_{.block_size = 16,
                 .block_count = kBlocks,
                 .caching = caching,
                 .cores = kCores},
        pool(options_),
        caches(pool, options_) {}

  void Take(std::uint32_t core, std::size_t count) {
    const OnCore on(core);
    for (std::size_t i = 0; i < count; ++i) {
      void* const block = pool->Allocate();
      if (block != nullptr) held.push_back(block);
    }
  }
  void Give(std::uint32_t core, std::size_t count) {
    count = std::min(count, held.size());
    sound = FreeAll(pool.pool, core, std::span(held).last(count)) && sound;
    held.resize(held.size() - count);
  }

 private:
  PoolOptions options_;

 public:
  TestPool pool;
  CacheView caches;
  std::vector<void*> held;
  bool sound = true;  // no block was refused
};

struct Situation {
  std::string name;
  std::function<void(World&)> arrange;
};

// The first owner of everything takes it from the loose stack.
inline const Situation kSituations[] = {
    {"Fresh", [](World&) {}},
    {"SomeInUse", [](World& w) { w.Take(3, 10); }},
    {"AllInUse", [](World& w) { w.Take(0, kBlocks); }},
    {"OneBlockOnTheLooseStack",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(port::kNoCore, 1);
     }},
    {"OwnCacheFull",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(0, 2 * kLimit);
     }},
    {"OwnMagazineEmptyAndSecondFull",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(0, 2 * kLimit);
       w.Take(0, kLimit);
     }},
    {"OwnMagazineFullAndSecondEmpty",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(0, 2 * kLimit);
       w.Take(0, kLimit + 1);
       w.Give(0, 1);
     }},
    {"DepotFilledByAnotherCore",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, 5 * kLimit);
     }},
    {"AllIsInAnotherCoresCache",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, 2 * kLimit);
     }},
    {"OneBlockInAnotherCoresMagazine",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, 1);
     }},
    {"OneBlockInAnotherCoresSecond",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, 2 * kLimit);
       w.Take(1, kLimit + 1);
       w.Take(2, kLimit - 2);
     }},
    {"AllCachesFull",
     [](World& w) {
       w.Take(0, kBlocks);
       for (std::uint32_t core = 0; core < kCores; ++core) w.Give(core, 2 * kLimit);
     }},
    {"FlushedCaches",
     [](World& w) {
       w.Take(0, kBlocks);
       for (std::uint32_t core = 0; core < kCores; ++core) w.Give(core, kLimit + 2);
       w.pool->FlushCaches();
     }},
    // From here on with kRseq under pressure, for a core's own magazine was stolen
    // from.
    {"StolenFromAnother",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, 2 * kLimit);
       w.Take(0, kLimit + 2);
     }},
    {"StolenFromOneself",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(0, kLimit);
       w.Take(3, 2);
     }},
    {"StolenFromAnotherWithOwnCacheFull",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, kLimit);
       w.Take(2, 2);
       w.Give(1, 3 * kLimit);
       w.Give(0, 2 * kLimit);
     }},
    {"StolenFromAndNearlyRelieved",
     [](World& w) {
       w.Take(0, kBlocks);
       w.Give(1, kLimit);
       w.Take(2, 1);
       w.Give(2, kBlocks / 2 - kLimit);
     }},
};

// Anything may have happened before.
inline Situation AfterHistory(unsigned seed) {
  return {"History" + std::to_string(seed), [seed](World& w) {
            std::mt19937 random(seed);
            for (int i = 0; i < 40; ++i) {
              const auto die = static_cast<std::uint32_t>(random() % (kCores + 1));
              const std::uint32_t core = die < kCores ? die : port::kNoCore;
              const std::size_t count = random() % (3 * kLimit);
              switch (random() % 8) {
                case 0: w.pool->FlushCaches(); break;
                case 1: w.Take(core, kBlocks); break;
                case 2:
                case 3:
                case 4: w.Take(core, count); break;
                default: w.Give(core, count); break;
              }
            }
          }};
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_CACHE_SITUATIONS_H_
