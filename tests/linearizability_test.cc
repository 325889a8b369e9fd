// Proves that queues, and pools, are linearizable: whatever contexts see of them while
// they change them could have come from one after the other, "full", "empty" and
// "exhausted" included. Interleaved at every access to an atomic, as seeds say
// (//tests/support:interrupted_core); 24 times as many histories with
// COREPOOL_EFFORT=24.
//
// Compiled with COREPOOL_SABOTAGE_TAG_BITS the same must be noticed.

#include "tests/support/linearizability.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/mpmc_queue.h"
#include "corepool/options.h"
#include "corepool/spsc_queue.h"
#include "gtest/gtest.h"
#include "tests/support/interleaving.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kThreads = 4;
constexpr int kCallsEach = 6;

// How many of so many histories could not have been. The queue begins with up to
// `capacity` values in it, which are calls too.
template <class T>
std::uint64_t QueueFaults(std::size_t capacity, std::uint64_t histories,
                          std::uint64_t seed) {
  const QueueModel model(capacity);
  const MpmcOptions options{
      .capacity = capacity, .spares = kThreads, .first_round = ~std::uint64_t{0} - 1};
  std::vector<std::byte> memory(MpmcQueue<T>::RequiredBytes(options));
  Interleaving interleaving(kThreads);
  std::uint64_t faults = 0;
  for (std::uint64_t i = 0; i < histories; ++i) {
    std::minstd_rand random(static_cast<unsigned>(seed + i));
    MpmcQueue<T> queue;
    EXPECT_EQ(queue.Init(options, memory), Error::kOk);
    CallRecorder recorder;
    std::uint8_t next = 1;
    const auto make_one = [&](unsigned dice) {
      if (dice == 0) {
        recorder.Record(Call::Kind::kIsEmpty, 0,
                        [&](std::uint8_t&) { return queue.empty(); });
      } else if (dice % 2 == 0) {
        recorder.Record(Call::Kind::kPut, next++, [&](std::uint8_t& value) {
          return queue.Enqueue(static_cast<T>(value));
        });
      } else {
        recorder.Record(Call::Kind::kTake, 0, [&](std::uint8_t& value) {
          T taken{};
          if (!queue.Dequeue(taken)) return false;
          value = static_cast<std::uint8_t>(taken);
          return true;
        });
      }
    };
    for (std::size_t j = random() % (capacity + 1); j > 0; --j) make_one(2);
    // Some of them only enqueue, or only dequeue.
    unsigned role[kThreads];
    for (unsigned& one : role) one = static_cast<unsigned>(random() % 4);
    constexpr std::uint32_t kStays[] = {1, 3, 10, 30};
    interleaving.Run(random(), kStays[i % 4], [&](std::size_t thread) {
      for (int j = 0; j < kCallsEach; ++j) {
        const auto dice = static_cast<unsigned>(random() % 16);
        make_one(role[thread] < 2 ? dice : dice == 0 ? 0 : 2 + role[thread] % 2);
      }
    });
    if (!IsLinearizable(model, recorder.calls())) {
      if (faults++ == 0 && COREPOOL_SABOTAGE_TAG_BITS == 0) {
        ADD_FAILURE() << "seed " << seed + i << ", capacity " << capacity << "\n"
                      << Describe(recorder.calls());
      }
    }
  }
  return faults;
}

// The same of a pool. Each thread frees what it has allocated.
std::uint64_t PoolFaults(std::size_t blocks, Caching caching, std::uint64_t histories) {
  const PoolModel model;
  Interleaving interleaving(kThreads);
  std::uint64_t faults = 0;
  for (std::uint64_t i = 0; i < histories; ++i) {
    std::minstd_rand random(static_cast<unsigned>(i));
    TestPool pool({.block_size = 16, .block_count = blocks, .caching = caching});
    std::string all;
    for (std::size_t j = 0; j < blocks; ++j) all.push_back(static_cast<char>(j));
    CallRecorder recorder;
    constexpr std::uint32_t kStays[] = {1, 3, 10, 30};
    interleaving.Run(random(), kStays[i % 4], [&](std::size_t) {
      std::vector<std::uint8_t> mine;
      for (int j = 0; j < kCallsEach; ++j) {
        if (mine.empty() || random() % 2 == 0) {
          recorder.Record(Call::Kind::kTake, 0, [&](std::uint8_t& value) {
            void* const block = pool->Allocate();
            if (block == nullptr) return false;
            value = static_cast<std::uint8_t>(pool->IndexOf(block));
            mine.push_back(value);
            return true;
          });
        } else {
          const std::uint8_t block = mine.back();
          mine.pop_back();
          recorder.Record(Call::Kind::kPut, block, [&](std::uint8_t& value) {
            return pool->Free(pool->BlockAt(value)) == Error::kOk;
          });
        }
      }
    });
    if (!IsLinearizable(model, recorder.calls(), all)) {
      if (faults++ == 0 && COREPOOL_SABOTAGE_TAG_BITS == 0) {
        ADD_FAILURE() << "seed " << i << ", " << blocks << " blocks\n"
                      << Describe(recorder.calls());
      }
    }
  }
  return faults;
}

#if COREPOOL_SABOTAGE_TAG_BITS == 0

std::uint64_t Histories(std::uint64_t usual) {
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  return usual * (effort == nullptr || std::atoi(effort) < 1
                      ? 1
                      : static_cast<std::uint64_t>(std::atoi(effort)));
}

// The same of a queue from one to one.
std::uint64_t SpscFaults(std::size_t capacity, std::uint64_t histories,
                         std::uint64_t seed) {
  const QueueModel model(capacity);
  constexpr int kCallsOfAnEnd = 10;
  Interleaving interleaving(2);
  std::uint64_t faults = 0;
  for (std::uint64_t i = 0; i < histories; ++i) {
    std::minstd_rand random(static_cast<unsigned>(seed + i));
    std::vector<std::uint32_t> slots(capacity);
    SpscQueue<std::uint32_t> queue(slots, ~std::size_t{0} - random() % 8);
    CallRecorder recorder;
    std::uint8_t next = 1;
    const auto put = [&] {
      recorder.Record(Call::Kind::kPut, next++,
                      [&](std::uint8_t& value) { return queue.Enqueue(value); });
    };
    for (std::size_t j = random() % (capacity + 1); j > 0; --j) put();
    constexpr std::uint32_t kStays[] = {1, 3, 10, 30};
    interleaving.Run(random(), kStays[i % 4], [&](std::size_t thread) {
      for (int j = 0; j < kCallsOfAnEnd; ++j) {
        if (random() % 16 == 0) {
          recorder.Record(Call::Kind::kIsEmpty, 0,
                          [&](std::uint8_t&) { return queue.empty(); });
        } else if (thread == 0) {
          put();
        } else {
          recorder.Record(Call::Kind::kTake, 0, [&](std::uint8_t& value) {
            std::uint32_t taken = 0;
            if (!queue.Dequeue(taken)) return false;
            value = static_cast<std::uint8_t>(taken);
            return true;
          });
        }
      }
    });
    if (!IsLinearizable(model, recorder.calls())) {
      if (faults++ == 0) {
        ADD_FAILURE() << "seed " << seed + i << ", capacity " << capacity << "\n"
                      << Describe(recorder.calls());
      }
    }
  }
  return faults;
}

template <class T>
std::uint64_t AllQueueFaults(std::uint64_t histories) {
  std::uint64_t faults = 0;
  for (const std::size_t capacity : {1u, 2u, 3u, 5u}) {
    faults += QueueFaults<T>(capacity, histories, capacity * 1'000'000'007);
  }
  return faults;
}

TEST(Linearizability, OfQueuesOfIndices) {
  EXPECT_EQ(AllQueueFaults<std::uint32_t>(Histories(12'000)), 0u);
}

TEST(Linearizability, OfQueuesOfWords) {
  EXPECT_EQ(AllQueueFaults<std::size_t>(Histories(12'000)), 0u);
}

TEST(Linearizability, OfQueuesFromOneToOne) {
  std::uint64_t faults = 0;
  for (const std::size_t capacity : {1u, 2u, 3u, 5u}) {
    faults += SpscFaults(capacity, Histories(12'000), capacity * 1'000'000'007);
  }
  EXPECT_EQ(faults, 0u);
}

TEST(Linearizability, OfPools) {
  for (const std::size_t blocks : {1u, 2u, 4u}) {
    EXPECT_EQ(PoolFaults(blocks, Caching::kNone, Histories(4'000)), 0u);
    EXPECT_EQ(PoolFaults(blocks, Caching::kCas, Histories(1'000)), 0u);
  }
}

TEST(LinearizabilityCheck, RejectsWhatCannotHaveBeen) {
  using enum Call::Kind;
  const QueueModel queue(2);
  const auto call = [](Call::Kind kind, bool succeeded, int value, std::uint32_t begun,
                       std::uint32_t ended) {
    return Call{kind, succeeded, static_cast<std::uint8_t>(value), begun, ended};
  };
  // Overlapping enqueues may come out either way round,
  const Call one = call(kPut, true, 1, 1, 4);
  const Call two = call(kPut, true, 2, 2, 3);
  EXPECT_TRUE(IsLinearizable(queue, {one, two, call(kTake, true, 1, 5, 6)}));
  EXPECT_TRUE(IsLinearizable(queue, {one, two, call(kTake, true, 2, 5, 6)}));
  // but not twice, nor be lost, nor made up;
  EXPECT_FALSE(IsLinearizable(
      queue, {one, two, call(kTake, true, 2, 5, 6), call(kTake, true, 2, 7, 8)}));
  EXPECT_FALSE(IsLinearizable(queue, {one, two, call(kTake, false, 0, 5, 6)}));
  EXPECT_FALSE(IsLinearizable(queue, {one, call(kTake, true, 3, 5, 6)}));
  // and those after each other not out of order.
  const Call later = call(kPut, true, 2, 5, 6);
  EXPECT_FALSE(IsLinearizable(queue, {one, later, call(kTake, true, 2, 7, 8)}));
  // Full is full, and empty is empty.
  EXPECT_FALSE(IsLinearizable(queue, {one, call(kPut, false, 9, 5, 6)}));
  EXPECT_TRUE(IsLinearizable(queue, {one, later, call(kPut, false, 9, 7, 8)}));
  EXPECT_FALSE(IsLinearizable(queue, {one, later, call(kPut, true, 9, 7, 8)}));
  EXPECT_TRUE(IsLinearizable(queue, {one, call(kTake, false, 0, 2, 3)}));
  EXPECT_FALSE(IsLinearizable(queue, {one, call(kIsEmpty, true, 0, 5, 6)}));
  EXPECT_FALSE(IsLinearizable(queue, {call(kIsEmpty, false, 0, 5, 6)}));
  // What never ended may have been, or not.
  const Call endless{.kind = kPut, .succeeded = true, .value = 7, .begun = 1};
  EXPECT_TRUE(IsLinearizable(queue, {endless, call(kTake, true, 7, 2, 3)}));
  EXPECT_TRUE(IsLinearizable(queue, {endless, call(kTake, false, 0, 2, 3)}));

  const PoolModel pool;
  const Call taken = call(kTake, true, 1, 1, 2);
  EXPECT_TRUE(IsLinearizable(pool, {taken, call(kTake, false, 0, 3, 4)}, "\1"));
  EXPECT_FALSE(IsLinearizable(pool, {taken, call(kTake, true, 1, 3, 4)}, "\1"));
  EXPECT_FALSE(IsLinearizable(pool, {taken, call(kTake, false, 0, 3, 4)}, "\1\2"));
  EXPECT_TRUE(IsLinearizable(
      pool, {taken, call(kPut, true, 1, 3, 4), call(kTake, true, 1, 5, 6)}, "\1\2"));
}

#else

TEST(LinearizabilitySabotaged, IsNoticed) {
  const std::uint64_t narrow = QueueFaults<std::uint32_t>(1, 20'000, 1);
  const std::uint64_t wide = QueueFaults<std::size_t>(1, 20'000, 1);
  std::cout << narrow << " and " << wide << " of 20000 histories could not have been\n";
  const std::uint64_t pools = PoolFaults(3, Caching::kNone, 20'000);
  std::cout << pools << " of a pool's\n";
  EXPECT_GT(pools, 0u);
  EXPECT_GT(narrow, 0u);
  EXPECT_GT(wide, 0u);
}

#endif  // COREPOOL_SABOTAGE_TAG_BITS == 0

}  // namespace
}  // namespace corepool::testing
