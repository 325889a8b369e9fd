#include "corepool/mpmc_queue.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

#include "corepool/error.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool {
namespace {

struct Odd {
  bool operator==(const Odd&) const = default;
  std::uint8_t bytes[3];
};

template <class T>
T ValueOf(std::uint64_t number) {
  if constexpr (std::is_same_v<T, Odd>) {
    return {{static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8),
             static_cast<std::uint8_t>(number >> 16)}};
  } else if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(static_cast<std::uintptr_t>(number));
  } else {
    return static_cast<T>(number);
  }
}

// A queue and the memory it lies in.
template <class T>
class Queue {
 public:
  explicit Queue(const MpmcOptions& options)
      : memory_(MpmcQueue<T>::RequiredBytes(options)) {
    EXPECT_EQ(queue_.Init(options, memory_), Error::kOk);
  }
  MpmcQueue<T>* operator->() { return &queue_; }

 private:
  std::vector<std::byte> memory_;
  MpmcQueue<T> queue_;
};

template <class T>
class MpmcQueueOf : public ::testing::Test {};

// In slots and, the last three on 64-bit targets, in cells.
using Values = ::testing::Types<std::uint8_t, std::uint16_t, std::uint32_t, Odd,
                                const void*, std::size_t, double>;
TYPED_TEST_SUITE(MpmcQueueOf, Values);

constexpr std::uint64_t kFirstRounds[] = {
    0, 1, ~std::uint64_t{0} - 2, std::uint64_t{1} << 30, (std::uint64_t{1} << 31) - 1};

TYPED_TEST(MpmcQueueOf, HoldsExactlyItsCapacity) {
  for (const std::uint64_t first_round : kFirstRounds) {
    for (const std::size_t capacity :
         {1u, 2u, 3u, 127u, 128u, 129u, 255u, 256u, 257u}) {
      for (const std::size_t spares : {0u, 1u, 8u}) {
        Queue<TypeParam> queue(
            {.capacity = capacity, .spares = spares, .first_round = first_round});
        EXPECT_EQ(queue->capacity(), capacity);
        for (std::size_t round = 0; round < 5; ++round) {
          EXPECT_TRUE(queue->empty());
          for (std::size_t i = 0; i < capacity; ++i) {
            ASSERT_TRUE(queue->Enqueue(ValueOf<TypeParam>(i * 3 + round)));
            ASSERT_EQ(queue->size(), i + 1);
            ASSERT_FALSE(queue->empty());
          }
          ASSERT_FALSE(queue->Enqueue(ValueOf<TypeParam>(9)));
          auto value = ValueOf<TypeParam>(0);
          for (std::size_t i = 0; i < capacity; ++i) {
            ASSERT_TRUE(queue->Dequeue(value));
            ASSERT_EQ(value, ValueOf<TypeParam>(i * 3 + round));
            ASSERT_EQ(queue->size(), capacity - i - 1);
          }
          ASSERT_FALSE(queue->Dequeue(value));
          ASSERT_EQ(value, ValueOf<TypeParam>((capacity - 1) * 3 + round));
        }
      }
    }
  }
}

TYPED_TEST(MpmcQueueOf, AgreesWithADequeOverRandomOperations) {
  for (const std::size_t capacity : {1u, 2u, 7u, 64u}) {
    Queue<TypeParam> queue(
        {.capacity = capacity, .first_round = ~std::uint64_t{0} - 50});
    std::deque<TypeParam> model;
    std::mt19937 random(static_cast<unsigned>(capacity));
    std::array<TypeParam, 9> several;
    for (int i = 0; i < 20'000; ++i) {
      const auto value = ValueOf<TypeParam>(random());
      const std::size_t count = random() % 10;
      switch (random() % 4) {
        case 0:
          ASSERT_EQ(queue->Enqueue(value), model.size() < capacity);
          if (model.size() < capacity) model.push_back(value);
          break;
        case 1: {
          auto dequeued = ValueOf<TypeParam>(0);
          ASSERT_EQ(queue->Dequeue(dequeued), !model.empty());
          if (model.empty()) break;
          ASSERT_EQ(dequeued, model.front());
          model.pop_front();
          break;
        }
        case 2: {
          for (auto& one : several) one = ValueOf<TypeParam>(random());
          const std::span<const TypeParam> values(several.data(),
                                                  std::min(count, several.size()));
          const std::size_t room = capacity - model.size();
          const std::size_t done = queue->EnqueueUpTo(values);
          ASSERT_EQ(done, std::min(room, values.size()));
          model.insert(model.end(), values.begin(),
                       values.begin() + static_cast<std::ptrdiff_t>(done));
          break;
        }
        default: {
          const std::span<TypeParam> values(several.data(),
                                            std::min(count, several.size()));
          const std::size_t done = queue->DequeueUpTo(values);
          ASSERT_EQ(done, std::min(model.size(), values.size()));
          for (std::size_t j = 0; j < done; ++j) {
            ASSERT_EQ(values[j], model.front());
            model.pop_front();
          }
        }
      }
      ASSERT_EQ(queue->size(), model.size());
      ASSERT_EQ(queue->empty(), model.empty());
    }
  }
}

TEST(MpmcQueue, HoldsMany) {
  constexpr std::size_t kMany = sizeof(lockfree::Word) == 8 ? 65'536 : 32'000;
  Queue<std::uint32_t> narrow({.capacity = kMany});
  Queue<std::size_t> wide({.capacity = kMany});
  for (std::uint32_t round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < kMany; ++i) {
      ASSERT_TRUE(narrow->Enqueue(i + round));
      ASSERT_TRUE(wide->Enqueue(i + round));
    }
    EXPECT_FALSE(narrow->Enqueue(0));
    EXPECT_FALSE(wide->Enqueue(0));
    EXPECT_EQ(narrow->size(), kMany);
    for (std::uint32_t i = 0; i < kMany; ++i) {
      std::uint32_t value = 0;
      ASSERT_TRUE(narrow->Dequeue(value));
      ASSERT_EQ(value, i + round);
      std::size_t another = 0;
      ASSERT_TRUE(wide->Dequeue(another));
      ASSERT_EQ(another, i + round);
    }
    EXPECT_TRUE(narrow->empty());
  }
}

TEST(MpmcQueue, WithoutInitOrSlotsIsFullAndEmpty) {
  static constinit MpmcQueue<const void*> queue;
  MpmcQueue<std::uint16_t> narrow;
  const void* value = &queue;
  std::uint16_t number = 5;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(queue.Enqueue(nullptr));
    EXPECT_FALSE(queue.Dequeue(value));
    EXPECT_EQ(value, &queue);
    EXPECT_FALSE(narrow.Enqueue(1));
    EXPECT_FALSE(narrow.Dequeue(number));
    EXPECT_EQ(number, 5);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.EnqueueUpTo(std::array<const void*, 2>{}), 0u);
    EXPECT_EQ(queue.Init({.capacity = 0}, {}),
              i == 0 ? Error::kOk : Error::kAlreadyInitialized);
  }
}

TEST(MpmcQueue, InitFailsCleanly) {
  MpmcQueue<void*> queue;
  alignas(16) std::byte memory[1024];
  const MpmcOptions options{.capacity = 8, .spares = 2};
  const std::size_t bytes = MpmcQueue<void*>::RequiredBytes(options);
  EXPECT_EQ(bytes, 2 * (8 + 2) * sizeof(lockfree::Word));
  EXPECT_EQ(MpmcQueue<std::uint16_t>::RequiredBytes(options),
            8 * sizeof(lockfree::Word));
  const std::span<std::byte> all(memory);
  EXPECT_EQ(queue.Init(options, {}), Error::kNullMemory);
  EXPECT_EQ(queue.Init(options, all.first(bytes - 1)), Error::kMemoryTooSmall);
  EXPECT_EQ(queue.Init(options, all.subspan(1)), Error::kMisalignedMemory);
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  for (const MpmcOptions& bad :
       {MpmcOptions{.capacity = kMaxQueueCapacity + 1}, MpmcOptions{.capacity = huge},
        MpmcOptions{.capacity = 1, .spares = huge},
        MpmcOptions{.capacity = kMaxQueueCapacity, .spares = 1},
        MpmcOptions{.capacity = 0, .spares = huge}}) {
    EXPECT_EQ(queue.Init(bad, all), Error::kInvalidCount);
  }
  EXPECT_FALSE(queue.is_initialized());
  EXPECT_FALSE(queue.Enqueue(memory));
  EXPECT_EQ(queue.Deinit(), Error::kNotInitialized);

  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(queue.Init(options, all.first(bytes)), Error::kOk);
    EXPECT_EQ(queue.Init(options, all), Error::kAlreadyInitialized);
    EXPECT_TRUE(queue.empty());
    EXPECT_TRUE(queue.Enqueue(memory));
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_EQ(queue.Deinit(), Error::kOk);
    void* value = nullptr;
    EXPECT_FALSE(queue.Dequeue(value));
    EXPECT_FALSE(queue.Enqueue(memory));
    EXPECT_EQ(queue.capacity(), 0u);
  }
}

constinit StaticMpmcQueue<int*, 3> static_pointers;
constinit StaticMpmcQueue<std::uint16_t, 3> static_indices;
int pointed_to;
const bool enqueued_before_main =
    static_pointers.Enqueue(&pointed_to) && static_indices.Enqueue(42);

TEST(StaticMpmcQueue, WorksBeforeMain) {
  ASSERT_TRUE(enqueued_before_main);
  static_assert(decltype(static_pointers)::capacity() == 3);
  int* pointer = nullptr;
  std::uint16_t index = 0;
  EXPECT_TRUE(static_pointers.Dequeue(pointer));
  EXPECT_EQ(pointer, &pointed_to);
  EXPECT_TRUE(static_indices.Dequeue(index));
  EXPECT_EQ(index, 42);
  for (std::uint16_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(static_pointers.Enqueue(nullptr));
    EXPECT_TRUE(static_indices.Enqueue(i));
  }
  EXPECT_FALSE(static_pointers.Enqueue(nullptr));
  EXPECT_FALSE(static_indices.Enqueue(3));
  EXPECT_EQ(static_indices.size(), 3u);
}

TEST(StaticMpmcQueue, WithoutSlotsIsFullAndEmpty) {
  static constinit StaticMpmcQueue<void*, 0> queue;
  static constinit StaticMpmcQueue<std::uint8_t, 0> narrow;
  void* value = nullptr;
  std::uint8_t number = 0;
  EXPECT_FALSE(queue.Enqueue(&queue));
  EXPECT_FALSE(queue.Dequeue(value));
  EXPECT_FALSE(narrow.Enqueue(1));
  EXPECT_FALSE(narrow.Dequeue(number));
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_TRUE(narrow.empty());
}

TEST(MpmcQueue, SaysHowManyRoundsItTellsApart) {
  if (sizeof(lockfree::Word) != 8) GTEST_SKIP();
  EXPECT_EQ(Queue<std::uint32_t>({.capacity = 1000})->round_bits(), 31);
  EXPECT_EQ(Queue<std::uint16_t>({.capacity = 1000})->round_bits(), 47);
  EXPECT_EQ(Queue<void*>({.capacity = 1000, .spares = 8})->round_bits(), 52);
}

// Producers number their values; each consumer must see every producer's in order, and
// together they must have seen each exactly once.
template <class T>
void PassAll(std::size_t capacity, std::size_t spares, int producers, int consumers,
             std::uint32_t each, std::size_t at_once) {
  Queue<T> queue(
      {.capacity = capacity, .spares = spares, .first_round = ~std::uint64_t{0} - 3});
  const auto all = static_cast<std::size_t>(producers) * each;
  // Written by who dequeues it: twice would be a race, for ThreadSanitizer too.
  std::vector<std::uint8_t> seen(all);
  std::vector<std::uint32_t> written(all);  // plain: the queue must order it
  std::atomic<std::size_t> left{all};
  testing::RunGang(producers + consumers, [&](int number) {
    if (number < producers) {
      const std::uint32_t base = static_cast<std::uint32_t>(number) * each;
      std::vector<T> batch;
      for (std::uint32_t i = 0; i < each;) {
        batch.clear();
        for (std::uint32_t j = i; j < each && batch.size() < at_once; ++j) {
          written[base + j] = ~(base + j);
          batch.push_back(ValueOf<T>(base + j));
        }
        std::span<const T> rest(batch);
        while (!rest.empty()) {
          const std::size_t done =
              at_once == 1 ? queue->Enqueue(rest[0]) : queue->EnqueueUpTo(rest);
          rest = rest.subspan(done);
          if (done == 0) std::this_thread::yield();
        }
        i += static_cast<std::uint32_t>(batch.size());
      }
      return;
    }
    std::vector<std::int64_t> last(static_cast<std::size_t>(producers), -1);
    std::vector<T> batch(at_once);
    while (left.load(std::memory_order_relaxed) != 0) {
      std::size_t count = 0;
      if (at_once == 1) {
        count = queue->Dequeue(batch[0]);
      } else {
        count = queue->DequeueUpTo(batch);
      }
      if (count == 0) std::this_thread::yield();
      for (std::size_t i = 0; i < count; ++i) {
        std::size_t value;
        if constexpr (std::is_pointer_v<T>) {
          value = reinterpret_cast<std::uintptr_t>(batch[i]);
        } else {
          value = batch[i];
        }
        ASSERT_LT(value, all);
        ASSERT_EQ(++seen[value], 1);
        ASSERT_EQ(written[value], ~static_cast<std::uint32_t>(value));
        auto& before = last[value / each];
        ASSERT_LT(before, static_cast<std::int64_t>(value));
        before = static_cast<std::int64_t>(value);
      }
      left.fetch_sub(count, std::memory_order_relaxed);
    }
  });
  EXPECT_EQ(left.load(), 0u);
  EXPECT_TRUE(queue->empty());
  EXPECT_EQ(queue->size(), 0u);
  // All cells are there still.
  for (std::size_t i = 0; i < capacity; ++i) ASSERT_TRUE(queue->Enqueue(ValueOf<T>(i)));
  EXPECT_FALSE(queue->Enqueue(ValueOf<T>(0)));
}

TEST(MpmcQueue, PassesEverythingOnceAndEachProducersInOrder) {
  for (const std::size_t capacity : {1u, 2u, 3u, 64u, 1000u}) {
    for (const std::size_t at_once : {1u, 5u}) {
      PassAll<const void*>(capacity, 0, 2, 2, 5'000, at_once);
      PassAll<const void*>(capacity, 8, 3, 2, 5'000, at_once);
      PassAll<std::uint32_t>(capacity, 0, 2, 2, 5'000, at_once);
      PassAll<std::uint32_t>(capacity, 0, 4, 4, 2'500, at_once);
    }
  }
}

}  // namespace
}  // namespace corepool
