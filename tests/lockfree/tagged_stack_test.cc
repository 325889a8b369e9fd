#include "corepool/lockfree/tagged_stack.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::lockfree {
namespace {

class Stack {
 public:
  explicit Stack(Index count)
      : nodes_(std::make_unique<StackNode[]>(count)), space_(nodes_.get(), count) {}

  Index Pop() { return stack_.Pop(space_).index; }
  void Push(Index index) { stack_.Push(space_, index); }
  void PushChain(const std::vector<Index>& top_first) {
    for (std::size_t i = 0; i + 1 < top_first.size(); ++i) {
      space_.SetNext(top_first[i], top_first[i + 1]);
    }
    stack_.PushChain(space_, top_first.front(), top_first.back(),
                     static_cast<Index>(top_first.size()));
  }
  std::vector<Index> PopChain(Index least, Index most) {
    const auto chain = stack_.PopChain(space_, least, most);
    std::vector<Index> popped;
    for (Index i = 0, index = chain.first; i < chain.taken; ++i) {
      popped.push_back(index);
      index = space_.Next(index);
    }
    return popped;
  }
  TaggedStack::Snapshot Look() const { return stack_.Look(space_); }
  Word Head() const { return stack_.Head(space_); }
  void Reset() {
    space_.Reset();
    stack_.Reset();
  }

 private:
  std::unique_ptr<StackNode[]> nodes_;
  StackSpace space_;
  TaggedStack stack_;
};

TEST(TaggedStack, ZeroMemoryIsAFullStackWithTheLowestIndexOnTop) {
  Stack stack(4);
  EXPECT_EQ(stack.Look().depth, 4u);
  for (Index i = 0; i < 4; ++i) EXPECT_EQ(stack.Pop(), i);
  EXPECT_EQ(stack.Pop(), 4u) << "empty";
  EXPECT_EQ(stack.Look().depth, 0u);
}

TEST(TaggedStack, ThatBeginsEmptySharesItsSpaceWithOneThatBeginsFull) {
  StackNode nodes[3];
  const StackSpace space(nodes, 3);
  TaggedStack full;
  BasicTaggedStack<Fresh::kEmpty> empty;
  EXPECT_EQ(empty.Pop(space).index, 3u) << "none";
  EXPECT_EQ(empty.Look(space).depth, 0u);
  for (Index i = 0; i < 3; ++i) empty.Push(space, full.Pop(space).index);
  EXPECT_EQ(full.Pop(space).index, 3u);
  EXPECT_EQ(empty.Look(space).depth, 3u);
  EXPECT_EQ(empty.Look(space).operations, 3u);
  for (Index i = 3; i-- > 0;) EXPECT_EQ(empty.Pop(space).index, i);
  EXPECT_EQ(empty.Pop(space).index, 3u);
}

TEST(TaggedStack, TouchLetsEverySwapFailThatHasSeenTheHeadBefore) {
  StackNode nodes[2];
  const StackSpace space(nodes, 2);
  TaggedStack stack;
  const Word head = stack.Head(space);
  Word seen = head;
  ASSERT_TRUE(stack.Touch(space, seen));
  seen = head;
  EXPECT_FALSE(stack.Touch(space, seen));
  EXPECT_TRUE(stack.Touch(space, seen)) << "it has seen it now";
  seen = head;
  EXPECT_FALSE(stack.PopFrom(space, seen));
  EXPECT_TRUE(stack.PopFrom(space, seen)) << "it has seen it now";
  EXPECT_EQ(stack.Look(space).depth, 1u);
  EXPECT_EQ(stack.Look(space).operations, 3u);
}

TEST(TaggedStack, OfNothingIsAlwaysEmpty) {
  Stack stack(0);
  EXPECT_EQ(stack.Pop(), 0u);
  EXPECT_TRUE(stack.PopChain(1, 1).empty());
  EXPECT_EQ(stack.Look().depth, 0u);
  EXPECT_TRUE(stack.Look().exact);
}

TEST(TaggedStack, LastPushedIsFirstPopped) {
  Stack stack(5);
  while (stack.Pop() != 5) {
  }
  for (const Index index : {3u, 0u, 4u}) stack.Push(index);
  EXPECT_EQ(stack.Pop(), 4u);
  EXPECT_EQ(stack.Pop(), 0u);
  EXPECT_EQ(stack.Pop(), 3u);
  EXPECT_EQ(stack.Pop(), 5u);
}

TEST(TaggedStack, PopAfterReuseSeesNewTop) {
  Stack stack(3);
  const Word before = stack.Head();
  const Index a = stack.Pop();
  stack.Pop();
  stack.Push(a);
  EXPECT_NE(stack.Head(), before) << "same top, but another list";
}

TEST(TaggedStack, ChainKeepsItsOrderAndCountsOneOperationForEachIndex) {
  Stack stack(8);
  ASSERT_EQ(stack.PopChain(8, 8).size(), 8u);
  EXPECT_EQ(stack.Look().operations, 8u);
  stack.PushChain({5, 2, 7});
  EXPECT_EQ(stack.Look().operations, 11u);
  EXPECT_EQ(stack.Look().depth, 3u);
  stack.PushChain({1});
  EXPECT_EQ(stack.PopChain(1, 10), (std::vector<Index>{1, 5, 2, 7}));
  EXPECT_EQ(stack.Look().operations, 16u);
}

TEST(TaggedStack, PopChainTakesNoneIfThereAreTooFew) {
  Stack stack(3);
  const Word before = stack.Head();
  EXPECT_TRUE(stack.PopChain(4, 9).empty());
  EXPECT_EQ(stack.Head(), before);
  EXPECT_EQ(stack.PopChain(3, 3).size(), 3u);
  EXPECT_TRUE(stack.PopChain(1, 3).empty());
}

TEST(TaggedStack, AgreesWithAPlainStackOverRandomOperations) {
  for (const Index count : {1u, 2u, 3u, 17u, 128u}) {
    Stack stack(count);
    std::vector<Index> model;
    for (Index i = count; i > 0; --i) model.push_back(static_cast<Index>(i - 1));
    std::vector<Index> owned;
    std::mt19937 random(count);
    std::uint64_t operations = 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::size_t most = 1 + random() % 4;
      if (random() % 2 == 0) {
        const std::vector<Index> popped = stack.PopChain(1, static_cast<Index>(most));
        ASSERT_EQ(popped.size(), std::min(most, model.size()));
        for (const Index index : popped) {
          ASSERT_EQ(index, model.back());
          model.pop_back();
          owned.push_back(index);
        }
        operations += popped.size();
      } else if (!owned.empty()) {
        std::shuffle(owned.begin(), owned.end(), random);
        std::vector<Index> chain;
        while (chain.size() < most && !owned.empty()) {
          chain.push_back(owned.back());
          owned.pop_back();
        }
        model.insert(model.end(), chain.rbegin(), chain.rend());
        operations += chain.size();
        if (chain.size() == 1) {
          stack.Push(chain.front());
        } else {
          stack.PushChain(chain);
        }
      }
      ASSERT_EQ(stack.Look().depth, model.size());
      ASSERT_EQ(stack.Look().operations, operations);
    }
  }
}

TEST(TaggedStack, LooksAreWithinBoundsAndMostlyExactUnderTraffic) {
  constexpr Index kCount = 16;
  Stack stack(kCount);
  std::uint64_t looks = 0;
  testing::RunGang(3, [&](int number) {
    for (int i = 0; i < 100'000; ++i) {
      if (number == 0) {
        const auto look = stack.Look();
        ASSERT_LE(look.depth, kCount);
        // pops - pushes == used, so both have the same parity.
        if (look.exact) {
          ASSERT_EQ(look.operations % 2, (kCount - look.depth) % 2u);
          ++looks;
        }
      } else {
        const Index index = stack.Pop();
        if (index != kCount) stack.Push(index);
      }
    }
  });
  EXPECT_GT(looks, 0u);
  EXPECT_EQ(stack.Look().depth, kCount);
}

TEST(TaggedStack, ResetMakesItFullAgain) {
  Stack stack(3);
  stack.Pop();
  stack.Pop();
  stack.Reset();
  EXPECT_EQ(stack.Look().operations, 0u);
  EXPECT_EQ(stack.PopChain(3, 3), (std::vector<Index>{0, 1, 2}));
}

}  // namespace
}  // namespace corepool::lockfree
