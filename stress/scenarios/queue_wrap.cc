// queue_wrap: producers and consumers on queues of one to seven places, some for one
// producer and one consumer and some for all, which go round millions of times. What
// they carry are blocks of a pool, by index and by address.
//
// Promise: what goes in comes out, once, and each producer's values in their order,
// with all that the producer wrote before.
// Must catch: two_tag_bits, rounds of a queue that are told apart by two bits.
// Heeds all flags of the load but --threads and --bulk.

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/fixed_pool.h"
#include "corepool/mpmc_queue.h"
#include "corepool/spsc_queue.h"
#include "stress/actor.h"
#include "stress/clock.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/rendezvous.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

// What actors measure besides allocating and freeing.
constexpr std::size_t kEnqueue = kPoolOperations;
constexpr std::size_t kDequeue = kPoolOperations + 1;

// So often a thread looks in vain before others may go on.
constexpr int kPatience = 16;
// Time between two looks at all queues, in nanoseconds.
constexpr std::int64_t kRound = 100'000'000;

// One of the queues under test; it carries blocks.
class Belt {
 public:
  virtual ~Belt() = default;
  virtual bool Enqueue(std::uint32_t index) = 0;
  virtual std::optional<std::uint32_t> Dequeue() = 0;
  virtual std::size_t size() const = 0;
  virtual std::string Name() const = 0;
};

template <std::size_t kPlaces>
class IndexBelt : public Belt {
 public:
  explicit IndexBelt(const FixedPool&) {}
  bool Enqueue(std::uint32_t index) override { return queue_.Enqueue(index); }
  std::optional<std::uint32_t> Dequeue() override {
    std::uint32_t index = 0;
    return queue_.Dequeue(index) ? std::optional(index) : std::nullopt;
  }
  std::size_t size() const override { return queue_.size(); }
  std::string Name() const override {
    return absl::StrFormat("MPMC queue of %d indices", kPlaces);
  }

 private:
  StaticMpmcQueue<std::uint32_t, kPlaces> queue_;
};

template <std::size_t kPlaces>
class PointerBelt : public Belt {
 public:
  explicit PointerBelt(const FixedPool& pool) : pool_(pool) {}
  bool Enqueue(std::uint32_t index) override {
    return queue_.Enqueue(pool_.BlockAt(index));
  }
  std::optional<std::uint32_t> Dequeue() override {
    void* block = nullptr;
    if (!queue_.Dequeue(block)) return std::nullopt;
    return static_cast<std::uint32_t>(pool_.IndexOf(block));
  }
  std::size_t size() const override { return queue_.size(); }
  std::string Name() const override {
    return absl::StrFormat("MPMC queue of %d addresses", kPlaces);
  }

 private:
  const FixedPool& pool_;
  StaticMpmcQueue<void*, kPlaces> queue_;
};

class PrivateBelt : public Belt {
 public:
  explicit PrivateBelt(std::size_t places) : slots_(places), queue_(slots_) {}
  bool Enqueue(std::uint32_t index) override { return queue_.Enqueue(index); }
  std::optional<std::uint32_t> Dequeue() override {
    std::uint32_t index = 0;
    return queue_.Dequeue(index) ? std::optional(index) : std::nullopt;
  }
  std::size_t size() const override { return queue_.size(); }
  std::string Name() const override {
    return absl::StrFormat("SPSC queue of %d", slots_.size());
  }

 private:
  std::vector<std::uint32_t> slots_;
  SpscQueue<std::uint32_t> queue_;
};

// What a producer says of a block before it lets go of it: plain memory, which only the
// queue makes known to the consumer.
struct Note {
  std::size_t belt = 0;
  std::size_t producer = 0;
  std::uint64_t sequence = 0;
};

class Hall {
 public:
  Hall(VerifiedPool<FixedPool>& pool, RunControl& control, std::size_t producers,
       std::size_t consumers)
      : pool_(pool),
        control_(control),
        producers_(producers),
        rendezvous_(static_cast<int>(producers + consumers), control),
        notes_(pool.ledger().blocks()) {
    const FixedPool& blocks = pool.pool();
    belts_.push_back(std::make_unique<IndexBelt<2>>(blocks));
    belts_.push_back(std::make_unique<PointerBelt<3>>(blocks));
    belts_.push_back(std::make_unique<IndexBelt<1>>(blocks));
    belts_.push_back(std::make_unique<PointerBelt<2>>(blocks));
    belts_.push_back(std::make_unique<IndexBelt<3>>(blocks));
    belts_.push_back(std::make_unique<PointerBelt<1>>(blocks));
    belts_.push_back(std::make_unique<IndexBelt<7>>(blocks));
    shared_ = belts_.size();
    constexpr std::array<std::size_t, 4> kPlaces = {1, 3, 2, 7};
    for (std::size_t pair = 0; pair < std::min(producers, consumers); ++pair) {
      belts_.push_back(std::make_unique<PrivateBelt>(kPlaces[pair % kPlaces.size()]));
    }
    tallies_ = std::vector<Tally>(belts_.size());
    sent_.assign(producers, std::vector<std::uint64_t>(belts_.size()));
    seen_.assign(consumers + 1, std::vector<std::uint64_t>(belts_.size() * producers));
  }

  // For producer number `producer`: allocates a block and sends it, or keeps it in
  // `held` if there was no room. False: nothing came of it.
  bool Produce(std::size_t producer, Actor& actor, void*& held) {
    if (held == nullptr) held = pool_.Allocate(actor);
    if (held == nullptr) return false;
    const std::size_t belt = BeltFor(producer, actor);
    const std::size_t index = pool_.pool().IndexOf(held);
    std::uint64_t& sent = sent_[producer][belt];
    notes_[index] = {belt, producer, sent + 1};
    const std::int64_t begin = Now();
    const bool done = belts_[belt]->Enqueue(static_cast<std::uint32_t>(index));
    actor.Record(kEnqueue, begin, Now());
    if (!done) {
      ++actor.failures;
      return false;
    }
    ++actor.operations;
    ++sent;
    tallies_[belt].in.fetch_add(1, std::memory_order_relaxed);
    held = nullptr;
    return true;
  }

  // For consumer number `consumer`: false if there was nothing.
  bool Consume(std::size_t consumer, Actor& actor) {
    return ConsumeFrom(BeltFor(consumer, actor), consumer, actor);
  }

  // Calls `step` until the scenario is over; of all threads, one `looks` at the queues
  // now and then, while nobody uses them.
  template <class Step>
  void Work(Worker& worker, bool looks, Step step) {
    int in_vain = 0;
    for (bool go_on = true; go_on;) {
      const std::int64_t end = Now() + kRound;
      while (Now() < end && worker.Next()) {
        in_vain = step() ? 0 : in_vain + 1;
        if (in_vain < kPatience) continue;
        sched_yield();
        in_vain = 0;
      }
      rendezvous_.Meet();
      if (looks) Look();
      go_on = rendezvous_.Meet();
    }
  }

  // What is left, when all others are done.
  void Drain(Actor& actor) {
    for (std::size_t belt = 0; belt < belts_.size(); ++belt) {
      // A broken queue may never be empty.
      for (std::size_t i = 0; i <= notes_.size(); ++i) {
        if (!ConsumeFrom(belt, seen_.size() - 1, actor)) break;
      }
    }
  }

  void AddTo(ScenarioRecord& record) const {
    std::string lost;
    std::uint64_t differing = 0;
    std::uint64_t through = 0;
    for (std::size_t belt = 0; belt < belts_.size(); ++belt) {
      const std::uint64_t in = tallies_[belt].in.load(std::memory_order_relaxed);
      const std::uint64_t out = tallies_[belt].out.load(std::memory_order_relaxed);
      through += out;
      if (in == out) continue;
      ++differing;
      lost = absl::StrFormat("%s: %d in, %d out", belts_[belt]->Name(), in, out);
    }
    const auto add = [&record](const char* name, std::uint64_t count,
                               const std::string& detail) {
      record.checks.push_back({Check::Kind::kCorrectness, name, count, detail});
    };
    add("queues that lost or doubled values", differing, lost);
    add("values out of a queue that were not in it", strange_.load(), "");
    const std::size_t first = first_disordered_.load();
    add("values out of order", disordered_.load(),
        disordered_.load() == 0 ? "" : belts_[first]->Name());
    record.figures.push_back(
        {"values through queues", static_cast<double>(through), "values"});
  }

 private:
  struct alignas(128) Tally {
    std::atomic<std::uint64_t> in{0};
    std::atomic<std::uint64_t> out{0};
  };

  // At a quiet point: a queue that has lost something, AddTo tells which, ends it.
  void Look() {
    for (std::size_t belt = 0; belt < belts_.size(); ++belt) {
      const std::uint64_t in = tallies_[belt].in.load(std::memory_order_relaxed);
      const std::uint64_t out = tallies_[belt].out.load(std::memory_order_relaxed);
      if (in - out != belts_[belt]->size()) control_.Stop();
    }
  }

  // One of those that are everybody's, or the one that is this thread's own.
  std::size_t BeltFor(std::size_t number, Actor& actor) const {
    const bool has_own = shared_ + number < belts_.size();
    const std::size_t which = actor.random.Below(shared_ + (has_own ? 2 : 0));
    return which < shared_ ? which : shared_ + number;
  }

  bool ConsumeFrom(std::size_t belt, std::size_t consumer, Actor& actor) {
    const std::int64_t begin = Now();
    const std::optional<std::uint32_t> index = belts_[belt]->Dequeue();
    actor.Record(kDequeue, begin, Now());
    if (!index) {
      ++actor.failures;
      return false;
    }
    ++actor.operations;
    tallies_[belt].out.fetch_add(1, std::memory_order_relaxed);
    if (*index >= notes_.size()) {
      Found(strange_);
      return true;
    }
    const Note note = notes_[*index];
    if (note.belt != belt || note.producer >= producers_) {
      Found(strange_);
    } else {
      std::uint64_t& seen = seen_[consumer][belt * producers_ + note.producer];
      // Of one producer to one consumer not even one may be missing.
      const bool alone = belt >= shared_ && consumer + 1 < seen_.size();
      if (note.sequence <= seen || (alone && note.sequence != seen + 1)) {
        if (Found(disordered_)) first_disordered_.store(belt);
      }
      seen = note.sequence;
    }
    pool_.Free(actor, pool_.pool().BlockAt(*index));
    return true;
  }

  // True for the first.
  bool Found(std::atomic<std::uint64_t>& count) {
    control_.Stop();
    return count.fetch_add(1) == 0;
  }

  VerifiedPool<FixedPool>& pool_;
  RunControl& control_;
  const std::size_t producers_;
  Rendezvous rendezvous_;
  std::vector<std::unique_ptr<Belt>> belts_;
  std::size_t shared_ = 0;  // how many are everybody's
  std::vector<Note> notes_;
  std::vector<Tally> tallies_;
  std::vector<std::vector<std::uint64_t>> sent_;  // by producer, belt
  std::vector<std::vector<std::uint64_t>> seen_;  // by consumer, belt and producer
  std::atomic<std::uint64_t> strange_{0};
  std::atomic<std::uint64_t> disordered_{0};
  std::atomic<std::size_t> first_disordered_{0};
};

absl::StatusOr<ScenarioRecord> RunQueueWrap(const LoadOptions& asked,
                                            RunControl& control) {
  LoadOptions load = asked;
  if (load.producers == 0) load.producers = std::max(2, CpuCount() + 1);
  if (load.consumers == 0) load.consumers = std::max(2, CpuCount() + 1);
  load.threads = load.producers + load.consumers;
  // Few: the same block then often comes back to the same place.
  if (load.pool_blocks == 0) {
    load.pool_blocks = static_cast<std::size_t>(load.threads) + 8;
  }
  if (load.block_size == 0) load.block_size = 32;
  absl::StatusOr<std::unique_ptr<FixedPoolBed>> bed =
      FixedPoolBed::Create(load, control);
  if (!bed.ok()) return bed.status();

  std::vector<std::string> operations = PoolOperations();
  operations.insert(operations.end(), {"enqueue", "dequeue"});
  Gang gang(load, control, operations);
  Hall hall((*bed)->verified(), control, static_cast<std::size_t>(load.producers),
            static_cast<std::size_t>(load.consumers));
  const auto produce = [&](Worker& worker) {
    const auto number = static_cast<std::size_t>(worker.number());
    void* held = nullptr;
    hall.Work(worker, number == 0,
              [&] { return hall.Produce(number, worker.actor(), held); });
    if (held != nullptr) (*bed)->verified().Free(worker.actor(), held);
  };
  const auto consume = [&](Worker& worker) {
    const auto number = static_cast<std::size_t>(worker.number());
    hall.Work(worker, false, [&] { return hall.Consume(number, worker.actor()); });
  };
  absl::Status status =
      gang.Plan({{load.producers, produce}, {load.consumers, consume, false}});
  if (!status.ok()) return status;
  Actor& sweeper = gang.NewActor(-1);
  (*bed)->LetWatch(gang);
  status = gang.Run();
  if (!status.ok()) return status;
  hall.Drain(sweeper);
  ScenarioRecord record;
  (*bed)->Settle(gang, record);
  hall.AddTo(record);
  return record;
}

}  // namespace

constinit const Scenario kQueueWrap = {
    .name = "queue_wrap",
    .summary = "blocks through queues of one to seven places, round and round",
    .must_catch = "two_tag_bits",
    .ignores = "threads bulk",
    .run = RunQueueWrap,
};

}  // namespace corepool::stress
