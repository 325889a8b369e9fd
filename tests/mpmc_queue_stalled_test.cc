// Proves that a thread that stands still anywhere in a call on a queue keeps nobody
// from anything, and takes nobody's room (on //tests/support:virtual_core).

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iostream>
#include <memory>
#include <vector>

#include "corepool/error.h"
#include "corepool/mpmc_queue.h"
#include "gtest/gtest.h"
#include "tests/support/stalled_thread.h"

namespace corepool::testing {
namespace {

constexpr int kOperations = 1000;
constexpr int kMostSteps = 200;  // of one call: none may wait

// What the values are that the stalled threads enqueue, and the others.
constexpr std::uint32_t kStalled = 1'000'000;

template <class T>
class Stalling {
 public:
  Stalling(std::size_t capacity, std::size_t spares) : capacity_(capacity) {
    const MpmcOptions options{
        .capacity = capacity, .spares = spares, .first_round = ~std::uint64_t{0} - 20};
    memory_.resize(MpmcQueue<T>::RequiredBytes(options));
    EXPECT_EQ(queue_.Init(options, memory_), Error::kOk);
  }
  MpmcQueue<T>& queue() { return queue_; }

  // Enqueues, and notes that.
  void Put(std::size_t count) {
    for (; count > 0; --count) {
      ASSERT_TRUE(queue_.Enqueue(static_cast<T>(next_)));
      model_.push_back(next_++);
    }
  }

  // 1000 calls that never find the queue fuller or emptier than it is, give or take
  // what `stalled` calls may or may not have done; and in order.
  void Use(std::size_t stalled) {
    StepLimit limit(kMostSteps);
    for (int i = 0; i < kOperations; ++i) {
      limit.BeginOperation();
      T taken{};
      if (i / 7 % 2 == 0) {
        const bool done = queue_.Enqueue(static_cast<T>(next_));
        if (done) {
          model_.push_back(next_++);
        } else {
          ASSERT_GE(model_.size() + stalled, capacity_);
        }
        ASSERT_LE(model_.size(), capacity_ + stalled);
      } else if (queue_.Dequeue(taken)) {
        Took(taken);
      } else {
        ASSERT_LE(model_.size(), stalled) << "those that stalled calls have taken";
        gone_.insert(gone_.end(), model_.begin(), model_.end());
        model_.clear();
      }
    }
  }

  // One that was dequeued. What comes before it must have gone another way.
  void Took(T taken) {
    const auto value = static_cast<std::uint32_t>(taken);
    if (value >= kStalled) return;
    while (!model_.empty() && model_.front() != value) {
      gone_.push_back(model_.front());
      model_.pop_front();
    }
    ASSERT_FALSE(model_.empty()) << value << " was not there";
    model_.pop_front();
  }

  // Values that were enqueued and not dequeued here, after all have been.
  std::vector<std::uint32_t> Drain() {
    T taken{};
    while (queue_.Dequeue(taken)) Took(taken);
    gone_.insert(gone_.end(), model_.begin(), model_.end());
    model_.clear();
    return gone_;
  }

 private:
  std::size_t capacity_;
  std::vector<std::byte> memory_;
  MpmcQueue<T> queue_;
  std::deque<std::uint32_t> model_;
  std::vector<std::uint32_t> gone_;
  std::uint32_t next_ = 0;
};

// A thread stands still before each of its steps, and another one too; both later go
// on.
template <class T>
int StallEverywhere(std::size_t spares, bool first_enqueues, bool second_enqueues) {
  int stalls = 0;
  for (const std::size_t capacity : {1u, 3u}) {
    for (const std::size_t before : {std::size_t{0}, std::size_t{1}, capacity}) {
      bool first_stalled = true;
      for (int first = 0; first_stalled; ++first) {
        bool second_stalled = true;
        for (int second = 0; second_stalled; ++second) {
          Stalling<T> stalling(capacity, spares);
          stalling.Put(before);
          bool put[2] = {false, false};
          bool taken[2] = {false, false};
          T values[2] = {};
          const auto work = [&](int number, bool enqueues) {
            if (enqueues) {
              put[number] = stalling.queue().Enqueue(static_cast<T>(kStalled));
            } else {
              taken[number] = stalling.queue().Dequeue(values[number]);
            }
          };
          {
            StalledThread one(0, first, true, [&] { work(0, first_enqueues); });
            StalledThread other(0, second, true, [&] { work(1, second_enqueues); });
            first_stalled = one.IsStalled();
            second_stalled = other.IsStalled();
            stalling.Use(2);
            one.Resume();
            stalling.Use(2);
          }
          stalling.Use(2);
          // Nothing is lost: what has gone another way, the two have.
          std::vector<std::uint32_t> gone = stalling.Drain();
          for (int number = 0; number < 2; ++number) {
            if (!taken[number] ||
                static_cast<std::uint32_t>(values[number]) >= kStalled)
              continue;
            EXPECT_EQ(std::erase(gone, static_cast<std::uint32_t>(values[number])), 1u);
          }
          EXPECT_TRUE(gone.empty()) << gone.size();
          // And there is room as before.
          EXPECT_TRUE(stalling.queue().empty());
          stalling.Put(capacity);
          EXPECT_FALSE(stalling.queue().Enqueue(T{}));
          ++stalls;
          if (::testing::Test::HasFailure()) return stalls;
        }
      }
    }
  }
  return stalls;
}

template <class T>
class StalledQueue : public ::testing::Test {};
using Values = ::testing::Types<std::uint32_t, std::size_t>;
TYPED_TEST_SUITE(StalledQueue, Values);

TYPED_TEST(StalledQueue, KeepsNobodyFromAnything) {
  int stalls = 0;
  for (const std::size_t spares : {0u, 8u}) {
    for (const bool first : {false, true}) {
      for (const bool second : {false, true}) {
        stalls += StallEverywhere<TypeParam>(spares, first, second);
      }
    }
  }
  std::cout << stalls << " places to stand still\n";
}

}  // namespace
}  // namespace corepool::testing
