// Proves that interrupt handlers may use the queue at any instruction of any call on
// it, and that a queue is never full to them that has room, nor empty that has
// something: one happens before every atomic access (//tests/support:interrupted_core),
// and one within that.
//
// Compiled with COREPOOL_SABOTAGE_TAG_BITS the same must be noticed.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/mpmc_queue.h"
#include "gtest/gtest.h"
#include "tests/support/interrupting_atomic.h"
#include "tests/support/linearizability.h"

namespace corepool::testing {
namespace {

using Kind = Call::Kind;

// A queue whose calls are interrupted by others on it.
template <class T>
class Bench {
 public:
  Bench(std::size_t capacity, std::size_t spares)
      : model_(capacity),
        memory_(MpmcQueue<T>::RequiredBytes(Options(capacity, spares))) {
    EXPECT_EQ(queue_.Init(Options(capacity, spares), memory_), Error::kOk);
  }

  void Make(Kind kind) {
    if (kind == Kind::kIsEmpty) {
      recorder_.Record(kind, 0, [&](std::uint8_t&) { return queue_.empty(); });
    } else if (kind == Kind::kPut) {
      recorder_.Record(kind, ++last_, [&](std::uint8_t& value) {
        return queue_.Enqueue(static_cast<T>(value));
      });
    } else {
      recorder_.Record(kind, 0, [&](std::uint8_t& value) {
        T taken{};
        if (!queue_.Dequeue(taken)) return false;
        value = static_cast<std::uint8_t>(taken);
        return true;
      });
    }
  }
  // Before access `at` of the next call, and then before access `nested` of what
  // happens there, if that is not negative.
  void Interrupt(int at, int nested, std::function<void()> handler) {
    handler_ = [this, nested, handler = std::move(handler)] {
      if (nested >= 0) Interrupt(nested, -1, handler);
      handler();
    };
    accesses_to_go_ = at;
    self_ = this;
    lockfree::interrupt = [] {
      if (self_->accesses_to_go_-- != 0) return;
      lockfree::interrupt = nullptr;
      const auto work = self_->handler_;
      work();
    };
  }
  // Whether the last interrupt has happened; there will be none any more.
  bool WasInterrupted() {
    lockfree::interrupt = nullptr;
    return accesses_to_go_ < 0;
  }

  bool IsLinearizable() const {
    return testing::IsLinearizable(model_, recorder_.calls());
  }
  std::string Describe() const { return testing::Describe(recorder_.calls()); }

 private:
  static MpmcOptions Options(std::size_t capacity, std::size_t spares) {
    return {.capacity = capacity, .spares = spares, .first_round = 0};
  }

  static inline Bench* self_ = nullptr;

  QueueModel model_;
  std::vector<std::byte> memory_;
  MpmcQueue<T> queue_;
  CallRecorder recorder_;
  std::uint8_t last_ = 0;
  int accesses_to_go_ = 0;
  std::function<void()> handler_;
};

// What handlers do.
const std::vector<Kind> kHandlers[] = {
    {Kind::kPut},
    {Kind::kTake},
    {Kind::kIsEmpty, Kind::kPut, Kind::kPut, Kind::kPut, Kind::kTake},
    {Kind::kTake, Kind::kPut, Kind::kIsEmpty},
    {Kind::kTake, Kind::kTake, Kind::kTake, Kind::kIsEmpty, Kind::kPut},
    {Kind::kPut, Kind::kTake, Kind::kPut, Kind::kTake, Kind::kPut, Kind::kTake,
     Kind::kPut, Kind::kTake},
    {Kind::kTake, Kind::kPut, Kind::kTake, Kind::kPut, Kind::kTake, Kind::kPut,
     Kind::kTake, Kind::kPut},
};

struct Outcome {
  int interrupts = 0;
  int faults = 0;
};

template <class T>
Outcome InterruptEverywhere(std::size_t spares) {
  Outcome outcome;
  for (const std::size_t capacity : {1u, 2u, 3u}) {
    for (std::size_t before = 0; before <= capacity; ++before) {
      for (const Kind kind : {Kind::kPut, Kind::kTake, Kind::kIsEmpty}) {
        for (const auto& handler : kHandlers) {
          for (int nested = -1; nested < 12; ++nested) {
            bool interrupted = true;
            for (int at = 0; interrupted; ++at) {
              Bench<T> bench(capacity, spares);
              for (std::size_t i = 0; i < before; ++i) bench.Make(Kind::kPut);
              bench.Interrupt(at, nested, [&] {
                for (const Kind one : handler) bench.Make(one);
              });
              bench.Make(kind);
              interrupted = bench.WasInterrupted();
              // What is in it at the end, and that it has room for as much.
              for (std::size_t i = 0; i <= capacity; ++i) bench.Make(Kind::kTake);
              for (std::size_t i = 0; i <= capacity; ++i) bench.Make(Kind::kPut);
              for (std::size_t i = 0; i <= capacity; ++i) bench.Make(Kind::kTake);
              ++outcome.interrupts;
              if (bench.IsLinearizable()) continue;
              if (outcome.faults++ == 0 && COREPOOL_SABOTAGE_TAG_BITS == 0) {
                ADD_FAILURE() << "capacity " << capacity << "\n" << bench.Describe();
              }
            }
          }
        }
      }
    }
  }
  return outcome;
}

#if COREPOOL_SABOTAGE_TAG_BITS == 0

TEST(MpmcQueueInterrupt, AtAnyAccessOfAnyCallOnIndices) {
  const Outcome outcome = InterruptEverywhere<std::uint32_t>(0);
  EXPECT_EQ(outcome.faults, 0);
  std::cout << outcome.interrupts << " interrupts\n";
}

// As many spares as handlers that can be above each other.
TEST(MpmcQueueInterrupt, AtAnyAccessOfAnyCallOnWords) {
  for (const std::size_t spares : {2u, 8u}) {
    const Outcome outcome = InterruptEverywhere<std::size_t>(spares);
    EXPECT_EQ(outcome.faults, 0);
    std::cout << outcome.interrupts << " interrupts\n";
  }
}

// A producer that is interrupted keeps no cell from the handler that somebody could
// have: three enqueues of three, one within the other, need no spares.
TEST(MpmcQueueInterrupt, AQueueAsLargeAsItsPoolIsNeverFullEvenWithoutSpares) {
  int interrupts = 0;
  for (std::size_t before = 0; before < 3; ++before) {
    for (int nested = -1; nested < 40; ++nested) {
      bool interrupted = true;
      for (int at = 0; interrupted; ++at) {
        // Three blocks. At the beginning `before` of them have gone round once.
        Bench<std::size_t> bench(3, 0);
        MpmcQueue<std::size_t> queue;
        const MpmcOptions options{.capacity = 3, .spares = 0};
        std::vector<std::byte> memory(MpmcQueue<std::size_t>::RequiredBytes(options));
        ASSERT_EQ(queue.Init(options, memory), Error::kOk);
        std::size_t block = 0;
        for (std::size_t i = 0; i < before; ++i) {
          ASSERT_TRUE(queue.Enqueue(i));
          ASSERT_TRUE(queue.Dequeue(block));
        }
        std::size_t next = 0;
        bench.Interrupt(at, nested, [&] { EXPECT_TRUE(queue.Enqueue(next++)); });
        EXPECT_TRUE(queue.Enqueue(next++));
        interrupted = bench.WasInterrupted();
        while (next < 3) EXPECT_TRUE(queue.Enqueue(next++));
        EXPECT_FALSE(queue.Enqueue(9));
        EXPECT_EQ(queue.size(), 3u);
        ++interrupts;
      }
    }
  }
  EXPECT_GT(interrupts, 100);
}

#else

TEST(MpmcQueueInterruptSabotaged, IsNoticed) {
  const Outcome narrow = InterruptEverywhere<std::uint32_t>(0);
  const Outcome wide = InterruptEverywhere<std::size_t>(8);
  std::cout << narrow.faults << " and " << wide.faults << " faults\n";
  EXPECT_GT(narrow.faults + wide.faults, 0);
}

#endif  // COREPOOL_SABOTAGE_TAG_BITS == 0

}  // namespace
}  // namespace corepool::testing
