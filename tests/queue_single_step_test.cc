// Proves that interrupt handlers may use queues, and the pools whose blocks go through
// them, between any two instructions of any operation: nothing is lost, doubled or
// overtaken, and nothing is full, empty or exhausted that is not. On the library as it
// is shipped, down to what the compiler has made of it.
//
// Compiled with COREPOOL_SABOTAGE_TAG_BITS the same must be noticed.

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/mpmc_queue.h"
#include "corepool/spsc_queue.h"
#include "corepool/static_pool.h"
#include "gtest/gtest.h"
#include "tests/support/boundaries.h"
#include "tests/support/linearizability.h"
#include "tests/support/single_stepped.h"

namespace corepool::testing {
namespace {

using Kind = Call::Kind;
using Calls = std::vector<Kind>;

// What handlers do.
const std::vector<Calls> kHandlers = {
    {Kind::kPut},
    {Kind::kTake},
    {Kind::kIsEmpty, Kind::kPut, Kind::kPut, Kind::kPut, Kind::kTake},
    {Kind::kTake, Kind::kTake, Kind::kTake, Kind::kIsEmpty, Kind::kPut},
    {Kind::kPut, Kind::kTake, Kind::kPut, Kind::kTake, Kind::kPut, Kind::kTake,
     Kind::kPut, Kind::kTake},
    {Kind::kTake, Kind::kPut, Kind::kTake, Kind::kPut, Kind::kTake, Kind::kPut,
     Kind::kTake, Kind::kPut},
};

// A queue, and what has been called on it.
template <class Queue>
class RecordedQueue {
 public:
  template <class How = Directly>
  void Make(Queue& queue, Kind kind, const How& how = {}) {
    using T = typename Queue::Value;
    bool done = false;
    if (kind == Kind::kIsEmpty) {
      recorder_.Record(kind, 0, [&](std::uint8_t&) {
        how([&] { done = queue.empty(); });
        return done;
      });
    } else if (kind == Kind::kPut) {
      recorder_.Record(kind, ++last_, [&](std::uint8_t& value) {
        const auto put = static_cast<T>(value);
        how([&] { done = queue.Enqueue(put); });
        return done;
      });
    } else {
      recorder_.Record(kind, 0, [&](std::uint8_t& value) {
        T taken{};
        how([&] { done = queue.Dequeue(taken); });
        if (done) value = static_cast<std::uint8_t>(taken);
        return done;
      });
    }
  }
  // What is in it, and that it has room for as much as it should.
  void Finish(Queue& queue) {
    const std::size_t capacity = queue.capacity();
    for (std::size_t i = 0; i <= capacity; ++i) Make(queue, Kind::kTake);
    for (std::size_t i = 0; i <= capacity; ++i) Make(queue, Kind::kPut);
    for (std::size_t i = 0; i <= capacity; ++i) Make(queue, Kind::kTake);
  }
  std::string Fault(std::size_t capacity) const {
    if (IsLinearizable(QueueModel(capacity), recorder_.calls())) return "";
    return "capacity " + std::to_string(capacity) + "\n" + Describe(recorder_.calls());
  }

 private:
  CallRecorder recorder_;
  std::uint8_t last_ = 0;
};

class SingleSteppedQueue : public SingleStepped {
 protected:
  // For each boundary of a call of `kind` on a queue with `before` values in it.
  template <class Queue>
  void InterruptQueue(std::size_t before, Kind kind, const Calls& handler) {
    ForEachBoundary([&] {
      Queue queue;
      RecordedQueue<Queue> recorded;
      for (std::size_t i = 0; i < before; ++i) recorded.Make(queue, Kind::kPut);
      const auto interrupt = [&] {
        for (const Kind one : handler) recorded.Make(queue, one);
      };
      recorded.Make(queue, kind, InterruptedBy{boundaries(), interrupt});
      recorded.Finish(queue);
      Judge(recorded.Fault(queue.capacity()));
    });
  }
};

class SingleSteppedMpmcQueue : public SingleSteppedQueue {
 protected:
  template <class T, std::size_t kSpares>
  void InterruptAll() {
    InterruptAllOf<StaticMpmcQueue<T, 1, kSpares>>();
    InterruptAllOf<StaticMpmcQueue<T, 2, kSpares>>();
    InterruptAllOf<StaticMpmcQueue<T, 3, kSpares>>();
  }

 private:
  template <class Queue>
  void InterruptAllOf() {
    for (std::size_t before = 0; before <= Queue::capacity(); ++before) {
      for (const Kind kind : {Kind::kPut, Kind::kTake, Kind::kIsEmpty}) {
        for (const Calls& handler : kHandlers) {
          InterruptQueue<Queue>(before, kind, handler);
        }
      }
    }
  }
};

TEST_F(SingleSteppedMpmcQueue, OfIndices) { InterruptAll<std::uint32_t, 0>(); }
// As many spares as there are handlers above each other.
TEST_F(SingleSteppedMpmcQueue, OfWords) { InterruptAll<std::size_t, 1>(); }
TEST_F(SingleSteppedMpmcQueue, OfWordsWithSparesLeft) {
  InterruptAll<std::size_t, 8>();
}

#if COREPOOL_SABOTAGE_TAG_BITS == 0

class SingleSteppedSpscQueue : public SingleSteppedQueue {
 protected:
  // The handler is the other end.
  template <class Queue>
  void InterruptBothEnds() {
    for (std::size_t before = 0; before <= Queue::capacity(); ++before) {
      for (const std::size_t times : {1u, 2u, 5u}) {
        const Calls takes(times, Kind::kTake);
        const Calls puts(times, Kind::kPut);
        InterruptQueue<Queue>(before, Kind::kPut, takes);
        InterruptQueue<Queue>(before, Kind::kTake, puts);
        for (const Calls& handler : {takes, puts, Calls{Kind::kIsEmpty}}) {
          InterruptQueue<Queue>(before, Kind::kIsEmpty, handler);
        }
      }
    }
  }
};

TEST_F(SingleSteppedSpscQueue, AtEitherEnd) {
  InterruptBothEnds<StaticSpscQueue<std::size_t, 1>>();
  InterruptBothEnds<StaticSpscQueue<std::size_t, 2>>();
  InterruptBothEnds<StaticSpscQueue<std::size_t, 3>>();
}

// A handler sees all of a bulk or nothing, and a bulk all that a handler has done or
// nothing.
TEST_F(SingleSteppedSpscQueue, BulksHappenInOneInstant) {
  using Queue = StaticSpscQueue<int, 3>;
  const int numbers[] = {0, 1, 2, 3, 4, 5};
  for (std::size_t before = 0; before <= 3; ++before) {
    const std::span<const int> first(numbers, before);
    const std::span<const int> more(numbers + before, 2);
    ForEachBoundary([&] {
      Queue queue;
      bool fine = queue.EnqueueBulk(first);
      bool enqueued = false;
      int out[6];
      std::size_t seen = 0;
      boundaries().Interrupted([&] { enqueued = queue.EnqueueBulk(more); },
                               [&] { seen = queue.DequeueUpTo(out); });
      const bool at_once =
          seen == 0 || seen == before || (enqueued && seen == before + 2);
      const std::size_t all =
          seen + queue.DequeueUpTo(std::span<int>(out).subspan(seen));
      fine = fine && at_once && all == before + (enqueued ? 2u : 0u) &&
             (enqueued || before > 1);
      for (std::size_t i = 0; i < all; ++i) fine = fine && out[i] == numbers[i];
      Judge(fine ? "" : "a bulk in two parts");
    });
    ForEachBoundary([&] {
      Queue queue;
      bool fine = queue.EnqueueBulk(first);
      bool added = false;
      int out[6];
      std::size_t taken = 0;
      boundaries().Interrupted(
          [&] { taken = queue.DequeueUpTo(std::span<int>(out).first(4)); },
          [&] { added = queue.EnqueueBulk(more); });
      const bool at_once = taken == before || (added && taken == before + 2);
      const std::size_t all =
          taken + queue.DequeueUpTo(std::span<int>(out).subspan(taken));
      fine = fine && at_once && all == before + (added ? 2u : 0u);
      for (std::size_t i = 0; i < all; ++i) fine = fine && out[i] == numbers[i];
      Judge(fine ? "" : "what a bulk took is not what was there");
    });
  }
}

// Who sends takes a block from a pool and puts its number, or its address, into a queue
// for as many; who receives frees it. A handler sends and receives between any two
// instructions of any of these four steps.
enum class Step { kAllocate, kEnqueue, kDequeue, kFree };

template <class T, std::size_t kBlocks>
class HandOver {
 public:
  void Send() { Send(Step::kAllocate, Directly{}); }
  void Receive() { Receive(Step::kDequeue, Directly{}); }

  template <class How>
  void Send(Step interrupted, const How& how) {
    std::uint64_t* block = nullptr;
    Do(interrupted == Step::kAllocate, how, [&] { block = pool_.Allocate(); });
    if (block == nullptr) {
      // Rightly so only if all are in the queue, or in the hands of who was
      // interrupted. (What has happened since, one cannot know of oneself.)
      constexpr bool kUninterrupted = std::is_same_v<How, Directly>;
      return Note(kUninterrupted && queue_.size() + in_hand_ < kBlocks, "exhausted");
    }
    Note(*block == kTaken, "a block that somebody has");
    *block = kTaken;
    bool done = false;
    const T value = ValueOf(block);
    // From now on it may be received, and be anybody's.
    Do(interrupted == Step::kEnqueue, how, [&] { done = queue_.Enqueue(value); });
    Note(!done, "full");
  }
  template <class How>
  void Receive(Step interrupted, const How& how) {
    T value{};
    bool done = false;
    Do(interrupted == Step::kDequeue, how, [&] { done = queue_.Dequeue(value); });
    if (done) {
      std::uint64_t* const block = BlockOf(value);
      Note(*block != kTaken, "a block that nobody has sent");
      *block = 0;
      Error error = Error::kOk;
      Do(interrupted == Step::kFree, how, [&] { error = pool_.Free(block); });
      Note(error != Error::kOk, "a free that was refused");
    }
  }
  std::string Fault() {
    while (!queue_.empty()) Receive();
    std::set<std::uint64_t*> all;
    while (std::uint64_t* const block = pool_.Allocate()) all.insert(block);
    Note(all.size() != kBlocks, "blocks that are gone");
    return fault_;
  }

 private:
  static constexpr std::uint64_t kTaken = 0x1234'5678'9abc'def0;

  template <class How, class Operation>
  void Do(bool interrupted, const How& how, const Operation& operation) {
    if (interrupted) {
      in_hand_ = std::is_same_v<How, Directly> ? in_hand_ : 1;
      how(operation);
      if constexpr (!std::is_same_v<How, Directly>) in_hand_ = 0;
    } else {
      operation();
    }
  }
  T ValueOf(std::uint64_t* block) {
    if constexpr (std::is_pointer_v<T>) {
      return block;
    } else {
      return static_cast<T>(pool_.IndexOf(block));
    }
  }
  std::uint64_t* BlockOf(T value) {
    if constexpr (std::is_pointer_v<T>) {
      return value;
    } else {
      return pool_.BlockAt(value);
    }
  }
  void Note(bool wrong, const char* what) {
    if (wrong && fault_.empty()) fault_ = what;
  }

  StaticPool<std::uint64_t, kBlocks> pool_;
  StaticMpmcQueue<T, kBlocks, 1> queue_;
  std::size_t in_hand_ = 0;  // blocks of who was interrupted, at most
  std::string fault_;
};

class SingleSteppedHandOver : public SingleStepped {
 protected:
  template <class T, std::size_t kBlocks>
  void InterruptAll() {
    using Both = HandOver<T, kBlocks>;
    using enum Step;
    for (std::size_t before = 0; before <= kBlocks; ++before) {
      for (const auto step : {kAllocate, kEnqueue, kDequeue, kFree}) {
        for (const std::string handler : {"s", "r", "sr", "rs", "ssss", "rrrr"}) {
          ForEachBoundary([&] {
            Both both;
            for (std::size_t i = 0; i < before; ++i) both.Send();
            const auto interrupt = [&] {
              for (const char one : handler) {
                one == 's' ? both.Send() : both.Receive();
              }
            };
            const InterruptedBy how{boundaries(), interrupt};
            if (step == kAllocate || step == kEnqueue) {
              both.Send(step, how);
            } else {
              both.Receive(step, how);
            }
            Judge(both.Fault());
          });
        }
      }
    }
  }
};

TEST_F(SingleSteppedHandOver, OfIndices) {
  InterruptAll<std::uint32_t, 1>();
  InterruptAll<std::uint32_t, 3>();
}
TEST_F(SingleSteppedHandOver, OfPointers) {
  InterruptAll<std::uint64_t*, 1>();
  InterruptAll<std::uint64_t*, 3>();
}

#endif  // COREPOOL_SABOTAGE_TAG_BITS == 0

}  // namespace
}  // namespace corepool::testing
