// Proves that interrupt handlers, nested ones too, may use a QuadPool between any two
// steps of its operations. Deterministic: the library is compiled against atomics that
// call the handler (//tests/support:interrupted_core).

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/interrupting_atomic.h"
#include "tests/support/quad_model.h"
#include "tests/support/quad_traffic.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kLevels = 4;  // a thread and three interrupts above it

// What runs on each level: random operations on one pool, of which none may fail.
class Nest {
 public:
  // At one access of `seldom` there is an interrupt.
  Nest(const QuadPoolOptions& options, int most_level, std::uint64_t seed,
       std::uint64_t seldom)
      : traffic_(options, most_level, true), random_(seed), seldom_(seldom) {
    for (std::size_t i = 0; i < kLevels; ++i) {
      held_[i].owner = static_cast<std::uint32_t>(i + 1);
      held_[i].limit = 4;
    }
  }

  QuadTrafficReport Run(int operations) {
    running_ = this;
    lockfree::interrupt = [] { running_->MaybeInterrupt(); };
    for (int i = 0; i < operations && !traffic_.faulty(); ++i) {
      traffic_.Operate(held_[0], random_);
    }
    lockfree::interrupt = nullptr;
    std::uint64_t done = 0;
    for (QuadTraffic::Held& held : held_) {
      if (!traffic_.faulty()) traffic_.FreeAll(held);
      done += held.operations;
    }
    return traffic_.Report(done);
  }

  std::uint64_t interrupts() const { return interrupts_; }

 private:
  void MaybeInterrupt() {
    if (level_ + 1 == kLevels || random_() % seldom_ != 0) return;
    if (traffic_.faulty()) return;
    ++interrupts_;
    ++level_;
    // Some handlers do much: the interrupted one finds everything changed.
    const std::uint64_t times = random_() % 8 == 0 ? 20 : 1;
    for (std::uint64_t i = 0; i < times; ++i) {
      traffic_.Operate(held_[level_], random_);
    }
    --level_;
  }

  static inline Nest* running_ = nullptr;

  QuadTraffic traffic_;
  std::mt19937_64 random_;
  const std::uint64_t seldom_;
  std::array<QuadTraffic::Held, kLevels> held_{};
  std::size_t level_ = 0;
  std::uint64_t interrupts_ = 0;
};

struct Shape {
  SplitFactor split;
  int levels;
  std::size_t blocks;
  int most_level;
};
constexpr Shape kShapes[] = {
    {SplitFactor::kQuad, 3, 4, 2},   {SplitFactor::kQuad, 5, 3, 4},
    {SplitFactor::kQuad, 3, 1, 0},   {SplitFactor::kQuad, 5, 1, 2},
    {SplitFactor::kBinary, 5, 4, 4}, {SplitFactor::kBinary, 8, 2, 7},
    {SplitFactor::kBinary, 6, 1, 0}, {SplitFactor::kBinary, 7, 1, 4}};

TEST(QuadPoolInterrupt, NestedHandlersMayDoAnythingAtAnyAccess) {
  std::uint64_t seed = 0;
  std::uint64_t interrupts = 0;
  for (const Shape& shape : kShapes) {
    for (const MergePolicy merge : {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst,
                                    MergePolicy::kSplitOnly}) {
      for (const Checking checking : {Checking::kOff, Checking::kBasic}) {
        for (const std::uint64_t seldom : {8u, 64u}) {
          QuadPoolOptions options =
              QuadOptions(4, shape.levels, shape.blocks, shape.split);
          options.merge = merge;
          options.checking = checking;
          options.measure_peak = seldom == 8;
          Nest nest(options, shape.most_level, ++seed, seldom);
          const QuadTrafficReport report = nest.Run(1000);
          ASSERT_TRUE(report.Clean()) << "seed " << seed << ": " << report;
          interrupts += nest.interrupts();
        }
      }
    }
  }
  std::cout << interrupts << " interrupts\n";
  EXPECT_GT(interrupts, 50'000u);
}

// What a handler at one access has to be able to do.
TestQuadPool* interrupted = nullptr;
int accesses_to_go = 0;
int level_to_drain = 0;
std::vector<void*> drained;

void DrainOnce() {
  if (--accesses_to_go != 0) return;
  drained = interrupted->Drain(interrupted->pool.BlockSizeAt(level_to_drain));
}

// Calls act() on a pool that began as begin() left it, once for each access of act's,
// with a handler at that access that takes all there is of `level`; then check().
template <class Begin, class Act, class Check>
void AtEachAccess(const QuadPoolOptions& options, int level, const Begin& begin,
                  const Act& act, const Check& check) {
  for (int access = 1; accesses_to_go <= 0 || access == 1; ++access) {
    TestQuadPool pool(options);
    begin(pool);
    interrupted = &pool;
    accesses_to_go = access;
    level_to_drain = level;
    drained.clear();
    lockfree::interrupt = &DrainOnce;
    act(pool);
    lockfree::interrupt = nullptr;
    SCOPED_TRACE("access " + std::to_string(access) + ", level " +
                 std::to_string(level) + ", pool of " +
                 std::to_string(options.max_block_size));
    if (accesses_to_go <= 0) check(pool);
    if (::testing::Test::HasFatalFailure()) return;
  }
  accesses_to_go = 0;
}

constexpr Shape kDrained[] = {{SplitFactor::kQuad, 4, 2, 3},
                              {SplitFactor::kQuad, 5, 1, 4},
                              {SplitFactor::kBinary, 6, 2, 5}};

TEST(QuadPoolInterrupt, AHandlerFindsAllMemoryButTheBlockThatIsBeingAllocated) {
  for (const Shape& shape : kDrained) {
    const QuadPoolOptions options =
        QuadOptions(8, shape.levels, shape.blocks, shape.split);
    const QuadModel model(options);
    for (int level = 0; level < shape.levels; ++level) {
      for (int taken = 0; taken < shape.levels; ++taken) {
        for (const bool open : {false, true}) {
          void* block = nullptr;
          AtEachAccess(
              options, level,
              [open](TestQuadPool& pool) {
                if (!open) return;
                for (void* const leaf : pool.Drain(1)) pool->Free(leaf);
              },
              [&](TestQuadPool& pool) {
                block = pool->Allocate(pool->BlockSizeAt(taken));
              },
              [&](TestQuadPool& pool) {
                const std::size_t spoilt =
                    taken > level ? model.LeavesOf(taken) / model.LeavesOf(level) : 1;
                ASSERT_GE(drained.size() + spoilt, model.FreeAt(level)) << taken;
                // Whoever came second was refused only because all was taken.
                QuadModel now = model;
                for (void* const each : drained) {
                  ASSERT_TRUE(now.Take(pool.LeafOf(each), level));
                }
                if (block == nullptr) {
                  ASSERT_EQ(now.FreeAt(taken), 0u) << taken;
                } else {
                  ASSERT_TRUE(now.Take(pool.LeafOf(block), taken));
                  ASSERT_EQ(pool->Free(block), Error::kOk);
                }
                for (void* const each : drained) {
                  ASSERT_EQ(pool->Free(each), Error::kOk);
                }
                ASSERT_TRUE(pool.SoundAtRest(0));
                ASSERT_EQ(pool.Drain(options.max_block_size).size(), shape.blocks);
              });
        }
      }
    }
  }
}

TEST(QuadPoolInterrupt, AHandlerFindsAllMemoryButTheBlockThatIsBeingFreed) {
  for (const Shape& shape : kDrained) {
    const QuadPoolOptions options =
        QuadOptions(8, shape.levels, shape.blocks, shape.split);
    const QuadModel model(options);
    for (int level = 0; level < shape.levels; ++level) {
      for (int given = 0; given < shape.levels; ++given) {
        void* block = nullptr;
        QuadModel before = model;
        AtEachAccess(
            options, level,
            [&](TestQuadPool& pool) {
              block = pool->Allocate(pool->BlockSizeAt(given));
              before = model;
              before.Take(pool.LeafOf(block), given);
            },
            [&](TestQuadPool& pool) { EXPECT_EQ(pool->Free(block), Error::kOk); },
            [&](TestQuadPool& pool) {
              ASSERT_GE(drained.size(), before.FreeAt(level)) << given;
              ASSERT_LE(drained.size(), model.FreeAt(level)) << given;
              // With what the handler left, exactly all.
              const std::size_t by_handler = drained.size();
              const std::vector<void*> rest = pool.Drain(pool->BlockSizeAt(level));
              ASSERT_EQ(by_handler + rest.size(), model.FreeAt(level)) << given;
              for (void* const each : drained) ASSERT_EQ(pool->Free(each), Error::kOk);
              for (void* const each : rest) ASSERT_EQ(pool->Free(each), Error::kOk);
              ASSERT_TRUE(pool.SoundAtRest(0));
              ASSERT_EQ(pool.Drain(options.max_block_size).size(), shape.blocks);
            });
      }
    }
  }
}

// A double free that loses a race: of two frees of one block, one inside the other,
// exactly one is accepted.
void* freed = nullptr;
Error free_by_handler = Error::kOk;

void FreeOnce() {
  if (--accesses_to_go != 0) return;
  free_by_handler = interrupted->pool.Free(freed);
}

TEST(QuadPoolInterrupt, OfTwoFreesOfOneBlockExactlyOneIsAccepted) {
  for (const Shape& shape : kDrained) {
    for (int level = 0; level < shape.levels; ++level) {
      for (int access = 1; access < 100; ++access) {
        TestQuadPool pool(QuadOptions(8, shape.levels, shape.blocks, shape.split));
        freed = pool->Allocate(pool->BlockSizeAt(level));
        interrupted = &pool;
        accesses_to_go = access;
        lockfree::interrupt = &FreeOnce;
        const Error error = pool->Free(freed);
        lockfree::interrupt = nullptr;
        if (accesses_to_go > 0) break;
        ASSERT_EQ((error == Error::kOk) + (free_by_handler == Error::kOk), 1) << access;
        ASSERT_TRUE(error == Error::kDoubleFree ||
                    free_by_handler == Error::kDoubleFree);
        ASSERT_EQ(pool.misuse.count, 1);
        ASSERT_TRUE(pool.SoundAtRest(0)) << access;
      }
    }
  }
}

TEST(QuadPoolInterrupt, OfAFreeInsideAReallocationExactlyOneIsAccepted) {
  for (const Shape& shape : kDrained) {
    for (int level = 0; level < shape.levels; ++level) {
      for (int wanted = 0; wanted < shape.levels; ++wanted) {
        if (wanted == level) continue;
        for (int access = 1; access < 1000; ++access) {
          TestQuadPool pool(QuadOptions(8, shape.levels, shape.blocks, shape.split));
          freed = pool->Allocate(pool->BlockSizeAt(level));
          interrupted = &pool;
          accesses_to_go = access;
          lockfree::interrupt = &FreeOnce;
          const auto moved = pool->TryReallocate(freed, pool->BlockSizeAt(wanted));
          lockfree::interrupt = nullptr;
          if (accesses_to_go > 0) break;
          if (moved.error == Error::kExhausted && free_by_handler == Error::kOk) {
            ASSERT_TRUE(pool.SoundAtRest(0));
            continue;
          }
          ASSERT_EQ((moved.error == Error::kOk) + (free_by_handler == Error::kOk), 1)
              << "access " << access << ", level " << level << " to " << wanted;
          if (moved.error == Error::kOk) {
            ASSERT_EQ(pool->Free(moved.block), Error::kOk);
          }
          ASSERT_TRUE(pool.SoundAtRest(0)) << access;
        }
      }
    }
  }
}

}  // namespace
}  // namespace corepool::testing
