// Proves that a context that stands still anywhere in an operation of a QuadPool holds
// up nobody, and keeps no memory from others but the blocks that it is allocating or
// freeing: split and merged memory, of several levels of the tree, is found by the
// others. Deterministic: the library is compiled against atomics that let contexts take
// turns.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/fibers.h"
#include "tests/support/quad_model.h"
#include "tests/support/stalled_thread.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

// What the pool has gone through before. "Open" means split further than its blocks ask
// for, because merging waits until somebody wants the memory.
enum class Past { kFresh, kAllOpen, kOneLeafLeft, kNearlyFull, kMixed };
constexpr Past kPasts[] = {Past::kFresh, Past::kAllOpen, Past::kOneLeafLeft,
                           Past::kNearlyFull, Past::kMixed};

// What the context that stands still is doing.
enum class Act { kAllocate, kFree, kReallocate, kDefragment, kBulk };
constexpr Act kActs[] = {Act::kAllocate, Act::kFree, Act::kReallocate, Act::kDefragment,
                         Act::kBulk};

struct Case {
  SplitFactor split;
  int levels;
  std::size_t count;
  MergePolicy merge;
  Past past;
  Act act;
  int level;  // of its blocks
};

std::string Described(const Case& which) {
  std::string text = "split " + std::to_string(static_cast<int>(which.split));
  text += ", levels " + std::to_string(which.levels);
  text += ", count " + std::to_string(which.count);
  text += ", merge " + std::to_string(static_cast<int>(which.merge));
  text += ", past " + std::to_string(static_cast<int>(which.past));
  text += ", act " + std::to_string(static_cast<int>(which.act));
  return text + ", level " + std::to_string(which.level);
}

// No operation needs as many steps, if nobody else moves.
std::uint64_t MostSteps(const TestQuadPool& pool) {
  return 2000 + 40 * pool.pool.Stats().capacity;
}

class Scene {
 public:
  explicit Scene(const Case& which)
      : which_(which), pool_(OptionsOf(which)), model_(OptionsOf(which)) {
    EXPECT_EQ(pool_.error, Error::kOk);
    Live();
  }

  // Contexts stand still before the given steps of the act. Returns whether the last
  // one does; the others may have been done before.
  bool Play(const std::vector<std::uint64_t>& steps) {
    std::vector<std::unique_ptr<Fiber>> contexts;
    own_.resize(steps.size());
    bool stands = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Prepare(own_[i]);
      contexts.push_back(std::make_unique<Fiber>([this, i] { DoAct(own_[i]); }));
      stands = contexts.back()->RunSteps(steps[i]);
    }
    {
      StepLimit limit(static_cast<int>(MostSteps(pool_)));
      TakeAndGive(limit);
      Use(limit);
    }
    // They go on while we have all that there was.
    for (const auto& context : contexts) context->Finish();
    EndWhole();
    return stands;
  }

 private:
  // What a context has, and what it may be taking or giving.
  struct Own {
    std::vector<void*> blocks;
    std::size_t moving = 0;  // leaves that it may have, nobody knows where
    std::size_t groups = 0;  // blocks that they are
    bool done = false;
  };

  static QuadPoolOptions OptionsOf(const Case& which) {
    QuadPoolOptions options = QuadOptions(8, which.levels, which.count, which.split);
    options.merge = which.merge;
    return options;
  }

  void* Allocate(int level) {
    void* const block = pool_->Allocate(pool_->BlockSizeAt(level));
    if (block != nullptr) {
      EXPECT_TRUE(model_.Take(pool_.LeafOf(block), level));
    }
    return block;
  }
  void Free(void* block) {
    model_.Give(pool_.LeafOf(block));
    EXPECT_EQ(pool_->Free(block), Error::kOk);
  }

  void Live() {
    std::vector<void*> all;
    switch (which_.past) {
      case Past::kFresh: break;
      case Past::kAllOpen:
        while (void* const leaf = Allocate(0)) all.push_back(leaf);
        for (void* const leaf : all) Free(leaf);
        break;
      case Past::kOneLeafLeft:
        while (void* const leaf = Allocate(0)) all.push_back(leaf);
        rest_.push_back(all[all.size() / 2]);
        all[all.size() / 2] = nullptr;
        for (void* const leaf : all) {
          if (leaf != nullptr) Free(leaf);
        }
        break;
      case Past::kNearlyFull:
        while (void* const leaf = Allocate(0)) rest_.push_back(leaf);
        // Leaves what the act needs, but in the middle.
        for (std::size_t i = 0; i < model_.LeavesOf(which_.level); ++i) {
          Free(pool_.BlockAt(i));
        }
        rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(
                                                       model_.LeavesOf(which_.level)));
        break;
      case Past::kMixed: {
        std::mt19937_64 random(7);
        for (int i = 0; i < 300; ++i) {
          const int level =
              static_cast<int>(random() % static_cast<unsigned>(which_.levels));
          if (random() % 2 == 0 &&
              model_.used() + model_.LeavesOf(level) <= model_.leaves() / 2) {
            if (void* const block = Allocate(level)) rest_.push_back(block);
          } else if (!rest_.empty()) {
            std::swap(rest_[random() % rest_.size()], rest_.back());
            Free(rest_.back());
            rest_.pop_back();
          }
        }
        break;
      }
    }
  }

  // Nobody stands still yet, or others do.
  void Prepare(Own& own) {
    const std::size_t size = model_.LeavesOf(which_.level);
    switch (which_.act) {
      case Act::kAllocate:
        own.moving = size;
        own.groups = 1;
        break;
      case Act::kDefragment: break;
      case Act::kBulk:
        own.moving = 3 * size;
        own.groups = 3;
        break;
      case Act::kFree:
      case Act::kReallocate:
        if (void* const block = pool_->Allocate(pool_->BlockSizeAt(which_.level))) {
          // What others stand still with is unknown to the model.
          model_.Take(pool_.LeafOf(block), which_.level);
          own.blocks.push_back(block);
        }
        if (which_.act == Act::kReallocate) {
          own.moving = model_.LeavesOf(OtherLevel());
          own.groups = 1;
        }
        break;
    }
  }
  int OtherLevel() const {
    return which_.level == 0 ? which_.levels - 1 : which_.level - 1;
  }

  void DoAct(Own& own) {
    switch (which_.act) {
      case Act::kAllocate:
        if (void* const block = pool_->Allocate(pool_->BlockSizeAt(which_.level))) {
          own.blocks.push_back(block);
        }
        break;
      case Act::kFree:
        if (!own.blocks.empty()) {
          EXPECT_EQ(pool_->Free(own.blocks.back()), Error::kOk);
          own.blocks.pop_back();
        }
        break;
      case Act::kReallocate:
        if (!own.blocks.empty() && OtherLevel() != which_.level) {
          const auto moved =
              pool_->TryReallocate(own.blocks.back(), pool_->BlockSizeAt(OtherLevel()));
          if (moved.error == Error::kOk) own.blocks.back() = moved.block;
        }
        break;
      case Act::kDefragment: pool_->Defragment(); break;
      case Act::kBulk: {
        std::vector<void*> blocks(3);
        if (pool_->AllocateBulk(pool_->BlockSizeAt(which_.level), blocks) ==
            Error::kOk) {
          own.blocks = blocks;
        }
        break;
      }
    }
    own.done = true;
  }

  // For each level all that there is of it; nothing changes meanwhile.
  void TakeAndGive(StepLimit& limit) {
    std::size_t moving = 0;
    std::size_t groups = 0;
    for (const Own& own : own_) {
      moving += own.moving;
      groups += own.groups;
    }
    for (int level = which_.levels - 1; level >= 0; --level) {
      // Others' unknown blocks spoil as many groups at most, or as many as are in them.
      const std::size_t spoilt =
          std::max(groups, moving / model_.LeavesOf(level) + (groups > 0));
      std::vector<void*> all = TakeAll(limit, level);
      EXPECT_GE(all.size() + spoilt, model_.FreeAt(level)) << "level " << level;
      if (level == 0) {
        EXPECT_GE(all.size() + moving, model_.FreeAt(0));
      }
      EXPECT_EQ(std::set<void*>(all.begin(), all.end()).size(), all.size());
      for (void* const block : all) {
        limit.BeginOperation();
        EXPECT_EQ(pool_->Free(block), Error::kOk);
      }
      std::vector<void*> again = TakeAll(limit, level);
      EXPECT_EQ(again.size(), all.size()) << "level " << level;
      for (void* const block : again) {
        limit.BeginOperation();
        EXPECT_EQ(pool_->Free(block), Error::kOk);
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::vector<void*> TakeAll(StepLimit& limit, int level) {
    std::vector<void*> all;
    for (;;) {
      limit.BeginOperation();
      void* const block = pool_->Allocate(pool_->BlockSizeAt(level));
      if (block == nullptr) return all;
      all.push_back(block);
    }
  }

  // Looks and other operations go on too; then nothing is left.
  void Use(StepLimit& limit) {
    limit.BeginOperation();
    const PoolStats stats = pool_->Stats();
    EXPECT_LE(stats.used, stats.capacity);
    limit.BeginOperation();
    EXPECT_EQ(pool_->Audit().error, Error::kOk);
    limit.BeginOperation();
    pool_->Defragment();
    limit.BeginOperation();
    EXPECT_LE(pool_->LargestFree(), pool_->BlockSizeAt(which_.levels - 1));
    for (int level = which_.levels - 1; level >= 0; --level) {
      const std::vector<void*> all = TakeAll(limit, level);
      rest_.insert(rest_.end(), all.begin(), all.end());
    }
  }

  void EndWhole() {
    for (const Own& own : own_) {
      EXPECT_TRUE(own.done);
      rest_.insert(rest_.end(), own.blocks.begin(), own.blocks.end());
    }
    for (int level = which_.levels - 1; level >= 0; --level) {
      const std::vector<void*> all = pool_.Drain(pool_->BlockSizeAt(level));
      rest_.insert(rest_.end(), all.begin(), all.end());
    }
    // All of the memory is somebody's, once.
    QuadModel all(OptionsOf(which_));
    for (void* const block : rest_) {
      int level = 0;
      while (level + 1 < which_.levels &&
             pool_->BlockSizeAt(level) < pool_->SizeOf(block)) {
        ++level;
      }
      EXPECT_TRUE(all.Take(pool_.LeafOf(block), level));
    }
    EXPECT_EQ(all.used(), all.leaves());
    EXPECT_EQ(pool_.Map(), all.Map());
    EXPECT_TRUE(pool_.SoundAtRest(all.used()));
    for (void* const block : rest_) EXPECT_EQ(pool_->Free(block), Error::kOk);
    EXPECT_TRUE(pool_.SoundAtRest(0));
    EXPECT_EQ(pool_.Drain(pool_->BlockSizeAt(which_.levels - 1)).size(), which_.count);
    EXPECT_EQ(pool_.misuse.count, 0);
  }

  const Case which_;
  TestQuadPool pool_;
  QuadModel model_;  // what is allocated while they stand still, and by nobody unknown
  std::vector<void*> rest_;
  std::vector<Own> own_;
};

struct Shape {
  SplitFactor split;
  int levels;
  std::size_t count;
};
constexpr Shape kShapes[] = {{SplitFactor::kQuad, 4, 1},
                             {SplitFactor::kQuad, 5, 2},
                             {SplitFactor::kBinary, 7, 2}};

// With more effort more of the cases that differ in policy only.
template <class TryCase>
void ForAllCases(const TryCase& try_case) {
  int number = 0;
  for (const Shape& shape : kShapes) {
    for (const MergePolicy merge : {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst,
                                    MergePolicy::kSplitOnly}) {
      for (const Past past : kPasts) {
        for (const Act act : kActs) {
          for (int level = 0; level < shape.levels; ++level) {
            if (act == Act::kDefragment && level > 0) break;
            if (++number % 3 >= Effort()) continue;
            try_case(
                Case{shape.split, shape.levels, shape.count, merge, past, act, level});
            if (::testing::Test::HasFailure()) return;
          }
        }
      }
    }
  }
}

TEST(QuadPoolStalled, AContextAtAnyStepKeepsOnlyTheBlockThatItMoves) {
  std::uint64_t places = 0;
  std::mt19937_64 random(2);
  ForAllCases([&](const Case& which) {
    SCOPED_TRACE(Described(which));
    // Every one with an effort of 3.
    const auto sparse = static_cast<std::uint64_t>(std::max(4 - Effort(), 1));
    for (std::uint64_t step = random() % sparse; Scene(which).Play({step});
         step += 1 + random() % sparse) {
      ++places;
      ASSERT_FALSE(HasFailure()) << "step " << step;
    }
    ASSERT_FALSE(HasFailure());
  });
  std::cout << "stood still in " << places << " places\n";
  EXPECT_GT(places, 1000u);
}

TEST(QuadPoolStalled, SoDoTwoContextsAtAnyTwoSteps) {
  std::uint64_t places = 0;
  std::uint64_t cases = 0;
  std::mt19937_64 random(1);
  ForAllCases([&](const Case& which) {
    if (++cases % 2 != 0) return;
    SCOPED_TRACE(Described(which));
    // Some of the pairs; more of them with more effort.
    const auto sparse = static_cast<std::uint64_t>(std::max(16 / Effort(), 1));
    for (std::uint64_t first = random() % sparse; Scene(which).Play({first});
         first += 1 + random() % (2 * sparse)) {
      for (std::uint64_t second = random() % sparse; Scene(which).Play({first, second});
           second += 1 + random() % (2 * sparse)) {
        ++places;
        ASSERT_FALSE(HasFailure()) << "steps " << first << ", " << second;
      }
      ASSERT_FALSE(HasFailure()) << "step " << first;
    }
    ASSERT_FALSE(HasFailure());
  });
  std::cout << "stood still in " << places << " places\n";
  EXPECT_GT(places, 1000u);
}

// Contexts that stand still for ever, ever more of them, each at a place at random; the
// others use what is left, exactly.
TEST(QuadPoolStalled, ManyContextsKeepNoMoreThanAsManyBlocks) {
  for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(150 * Effort());
       ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr std::size_t kContexts = 12;
    constexpr std::size_t kCount = kContexts + 1;
    const bool quad = random() % 2 == 0;
    const int levels = quad ? 4 : 6;
    QuadPoolOptions options = QuadOptions(
        8, levels, kCount, quad ? SplitFactor::kQuad : SplitFactor::kBinary);
    options.merge =
        random() % 2 == 0 ? MergePolicy::kSplitFirst : MergePolicy::kMergeFirst;
    TestQuadPool pool(options);
    ASSERT_EQ(pool.error, Error::kOk);
    // Open, and empty.
    std::vector<void*> all = pool.Drain(1);
    for (void* const block : all) pool->Free(block);
    std::vector<std::unique_ptr<Fiber>> contexts;
    for (std::size_t i = 0; i < kContexts; ++i) {
      contexts.push_back(std::make_unique<Fiber>([&pool, levels, seed, i] {
        std::mt19937_64 dice(seed * 100 + i);
        // One block at a time: then a whole one is always free.
        for (int times = 0; times < 20; ++times) {
          const int level = static_cast<int>(dice() % static_cast<unsigned>(levels));
          void* const block = pool->Allocate(pool->BlockSizeAt(level));
          ASSERT_NE(block, nullptr) << "context " << i << ", level " << level;
          ASSERT_EQ(pool->Free(block), Error::kOk);
        }
      }));
      contexts.back()->RunSteps(random() % 1000);
      StepLimit limit(static_cast<int>(MostSteps(pool)));
      for (int level = levels - 1; level >= 0; --level) {
        limit.BeginOperation();
        void* const block = pool->Allocate(pool->BlockSizeAt(level));
        ASSERT_NE(block, nullptr) << "level " << level << ", beside " << i;
        limit.BeginOperation();
        ASSERT_EQ(pool->Free(block), Error::kOk);
      }
    }
    // They take turns from now on, until all are done.
    bool standing = true;
    while (standing) {
      standing = false;
      for (const auto& context : contexts) {
        standing = context->RunSteps(1 + random() % 30) || standing;
      }
      ASSERT_FALSE(HasFailure());
    }
    ASSERT_TRUE(pool.SoundAtRest(0));
    ASSERT_EQ(pool.Drain(options.max_block_size).size(), kCount);
  }
}

}  // namespace
}  // namespace corepool::testing
