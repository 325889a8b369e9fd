#include "corepool/spsc_queue.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool {
namespace {

TEST(SpscQueue, HoldsExactlyItsCapacity) {
  for (const std::size_t capacity : {1u, 2u, 3u, 127u, 128u, 129u}) {
    std::vector<std::uint32_t> slots(capacity);
    SpscQueue<std::uint32_t> queue(slots, ~std::size_t{0} - capacity - 1);
    EXPECT_EQ(queue.capacity(), capacity);
    for (std::uint32_t round = 0; round < 5; ++round) {
      for (std::uint32_t i = 0; i < capacity; ++i)
        ASSERT_TRUE(queue.Enqueue(i + round));
      EXPECT_FALSE(queue.Enqueue(99));
      EXPECT_EQ(queue.size(), capacity);
      std::uint32_t value = 0;
      for (std::uint32_t i = 0; i < capacity; ++i) {
        ASSERT_TRUE(queue.Dequeue(value));
        ASSERT_EQ(value, i + round);
      }
      EXPECT_FALSE(queue.Dequeue(value));
      EXPECT_TRUE(queue.empty());
    }
  }
}

constinit StaticSpscQueue<int, 3> static_queue;
const bool enqueued_before_main = static_queue.Enqueue(42);

TEST(StaticSpscQueue, WorksBeforeMain) {
  ASSERT_TRUE(enqueued_before_main);
  int value = 0;
  EXPECT_TRUE(static_queue.Dequeue(value));
  EXPECT_EQ(value, 42);
  static_assert(decltype(static_queue)::capacity() == 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(static_queue.Enqueue(i));
  EXPECT_FALSE(static_queue.Enqueue(3));
  EXPECT_EQ(static_queue.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(static_queue.Dequeue(value));
    EXPECT_EQ(value, i);
  }
  EXPECT_TRUE(static_queue.empty());
}

TEST(SpscQueue, WithoutSlotsIsFullAndEmpty) {
  SpscQueue<int> queue;
  int value = 5;
  EXPECT_FALSE(queue.Enqueue(1));
  EXPECT_FALSE(queue.Dequeue(value));
  EXPECT_EQ(value, 5);
  EXPECT_TRUE(queue.empty());
}

TEST(StaticSpscQueue, WithoutSlotsIsFullAndEmpty) {
  static constinit StaticSpscQueue<int, 0> queue;
  static_assert(queue.capacity() == 0);
  int value = 7;
  EXPECT_FALSE(queue.Enqueue(1));
  EXPECT_FALSE(queue.Dequeue(value));
  EXPECT_EQ(value, 7);
  EXPECT_TRUE(queue.empty());
}

TEST(SpscQueue, AgreesWithADequeOverRandomOperations) {
  std::array<std::uint16_t, 7> slots;
  SpscQueue<std::uint16_t> queue(slots);
  std::deque<std::uint16_t> model;
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = static_cast<std::uint16_t>(random());
    if (random() % 2 == 0) {
      ASSERT_EQ(queue.Enqueue(value), model.size() < slots.size());
      if (model.size() < slots.size()) model.push_back(value);
    } else {
      std::uint16_t dequeued = 0;
      ASSERT_EQ(queue.Dequeue(dequeued), !model.empty());
      if (!model.empty()) {
        ASSERT_EQ(dequeued, model.front());
        model.pop_front();
      }
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

TEST(SpscQueue, PassesEverythingInOrderBetweenThreads) {
  // Pointers to plain memory: the queue must order what is behind them too.
  constexpr std::uint64_t kItems = 50'000;
  for (const std::size_t capacity : {1u, 3u, 64u}) {
    std::vector<const std::uint64_t*> slots(capacity);
    SpscQueue<const std::uint64_t*> queue(slots);
    std::vector<std::uint64_t> items(kItems);
    testing::RunGang(2, [&](int number) {
      for (std::uint64_t i = 0; i < kItems; ++i) {
        if (number == 0) {
          items[i] = i * 3;
          while (!queue.Enqueue(&items[i])) std::this_thread::yield();
        } else {
          const std::uint64_t* item = nullptr;
          while (!queue.Dequeue(item)) std::this_thread::yield();
          ASSERT_EQ(item, &items[i]);
          ASSERT_EQ(*item, i * 3);
        }
      }
    });
    EXPECT_TRUE(queue.empty());
  }
}

TEST(SpscQueue, BulksAgreeWithADeque) {
  for (const std::size_t capacity : {1u, 2u, 7u, 64u}) {
    std::vector<std::uint32_t> slots(capacity);
    SpscQueue<std::uint32_t> queue(slots, ~std::size_t{0} - 99);
    std::deque<std::uint32_t> model;
    std::mt19937 random(5);
    std::uint32_t next = 0;
    std::uint64_t refused = 0;
    for (int i = 0; i < 50'000; ++i) {
      std::vector<std::uint32_t> values(random() % (capacity + 3));
      const bool all = random() % 2 == 0;
      if (random() % 2 == 0) {
        for (auto& value : values) value = next++;
        const std::size_t room = capacity - model.size();
        const std::size_t fit = all && room < values.size()
                                    ? 0
                                    : std::min<std::size_t>(room, values.size());
        if (all) {
          ASSERT_EQ(queue.EnqueueBulk(values), values.size() <= room);
        } else {
          ASSERT_EQ(queue.EnqueueUpTo(values), fit);
        }
        refused += values.size() - fit;
        model.insert(model.end(), values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(fit));
      } else {
        std::size_t taken = std::min<std::size_t>(model.size(), values.size());
        if (all) {
          const bool enough = values.size() <= model.size();
          ASSERT_EQ(queue.DequeueBulk(values), enough);
          if (!enough) taken = 0;
        } else {
          ASSERT_EQ(queue.DequeueUpTo(values), taken);
        }
        for (std::size_t j = 0; j < taken; ++j) {
          ASSERT_EQ(values[j], model.front());
          model.pop_front();
        }
      }
      ASSERT_EQ(queue.size(), model.size());
      ASSERT_EQ(queue.refused(), refused);
    }
  }
}

TEST(SpscQueue, CountsWhatItRefused) {
  StaticSpscQueue<int, 2> queue;
  EXPECT_TRUE(queue.EnqueueBulk(std::array{1, 2}));
  EXPECT_EQ(queue.refused(), 0u);
  EXPECT_FALSE(queue.Enqueue(3));
  EXPECT_FALSE(queue.EnqueueBulk(std::array{3, 4}));
  EXPECT_EQ(queue.EnqueueUpTo(std::array{3, 4, 5}), 0u);
  EXPECT_EQ(queue.refused(), 6u);
  int value = 0;
  EXPECT_TRUE(queue.Dequeue(value));
  EXPECT_EQ(queue.EnqueueUpTo(std::array{3, 4, 5}), 1u);
  EXPECT_EQ(queue.refused(), 8u);
  std::array<int, 3> values{};
  EXPECT_FALSE(queue.DequeueBulk(values));
  EXPECT_EQ(queue.DequeueUpTo(values), 2u);
  EXPECT_EQ(values, (std::array{2, 3, 0}));
  EXPECT_TRUE(queue.EnqueueBulk({}));
  EXPECT_TRUE(queue.DequeueBulk({}));
}

TEST(SpscQueue, PassesBulksInOrderBetweenThreads) {
  constexpr std::uint32_t kItems = 200'000;
  for (const std::size_t capacity : {1u, 7u, 128u}) {
    std::vector<std::uint32_t> slots(capacity);
    SpscQueue<std::uint32_t> queue(slots);
    testing::RunGang(2, [&](int number) {
      std::uint32_t values[16];
      std::uint32_t done = 0;
      while (done < kItems) {
        const std::uint32_t size = std::min(1 + done % 16, kItems - done);
        const std::span<std::uint32_t> some(values, size);
        std::size_t count;
        if (number == 0) {
          for (std::uint32_t i = 0; i < size; ++i) values[i] = done + i;
          count = queue.EnqueueUpTo(some);
        } else {
          count = queue.DequeueUpTo(some);
          for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(values[i], done + i);
        }
        if (count == 0) std::this_thread::yield();
        done += static_cast<std::uint32_t>(count);
      }
    });
    EXPECT_TRUE(queue.empty());
  }
}

}  // namespace
}  // namespace corepool
