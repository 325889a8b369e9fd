// far_free: some threads allocate, others free what these hand them, on other CPUs
// where there are any. Blocks leave one core's cache and come back to another's; all of
// them must find their way back.
//
// Promise: blocks arrive whole, and never is the pool exhausted, since it has more of
// them than can be under way.
// Must catch: lost_link, a free list that is cut off behind a push that tried twice.
// Ignores --threads; see --producers and --consumers. Only producers keep to --rate.

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/fixed_pool.h"
#include "corepool/spsc_queue.h"
#include "stress/actor.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kSlots = 64;

// From one producer to one consumer.
using Lane = StaticSpscQueue<void*, kSlots>;

class Lanes {
 public:
  Lanes(VerifiedPool<FixedPool>& pool, const LoadOptions& load)
      : pool_(pool),
        producers_(static_cast<std::size_t>(load.producers)),
        consumers_(static_cast<std::size_t>(load.consumers)),
        bulk_(load.bulk),
        supply_(load.pool_blocks >= MostUnderWay(load) ? Supply::kAssured
                                                       : Supply::kUnsure),
        producing_(load.producers) {
    for (std::size_t i = 0; i < producers_ * consumers_; ++i) {
      lanes_.push_back(std::make_unique<Lane>());
    }
  }

  // Blocks in lanes and in threads' hands.
  static std::size_t MostUnderWay(const LoadOptions& load) {
    const auto producers = static_cast<std::size_t>(load.producers);
    const auto consumers = static_cast<std::size_t>(load.consumers);
    return producers * consumers * kSlots + (producers + consumers) * load.bulk;
  }

  void Produce(Worker& worker) {
    std::vector<void*> blocks(bulk_);
    while (worker.Next()) {
      const std::size_t count = Allocate(worker.actor(), blocks);
      if (count == 0) sched_yield();
      for (void* const block : std::span(blocks).first(count)) Send(worker, block);
    }
    // Pairs with: acquire in Consume.
    producing_.fetch_sub(1, std::memory_order_release);
  }

  void Consume(Worker& worker) {
    std::vector<void*> blocks(bulk_);
    for (;;) {
      // Pairs with: release in Produce. What is sent before the last one ends is found.
      const bool last_look = producing_.load(std::memory_order_acquire) == 0;
      const std::size_t count = Receive(worker, blocks);
      if (count == 0) {
        if (last_look) return;
        sched_yield();
        continue;
      }
      Free(worker.actor(), std::span(blocks).first(count));
      (void)worker.Next();  // counts
    }
  }

 private:
  Lane& LaneOf(std::size_t producer, std::size_t consumer) {
    return *lanes_[producer * consumers_ + consumer];
  }

  std::size_t Allocate(Actor& actor, std::span<void*> blocks) {
    if (bulk_ > 1) return pool_.AllocateBulk(actor, blocks, supply_);
    blocks[0] = pool_.Allocate(actor, supply_);
    return blocks[0] == nullptr ? 0 : 1;
  }
  void Free(Actor& actor, std::span<void*> blocks) {
    if (bulk_ > 1) {
      pool_.FreeBulk(actor, blocks);
    } else {
      pool_.Free(actor, blocks[0]);
    }
  }

  // To any consumer that has room. Consumers end after producers, so there is one.
  void Send(Worker& worker, void* block) {
    const auto producer = static_cast<std::size_t>(worker.number());
    std::size_t consumer = worker.random().Below(consumers_);
    for (std::size_t tries = 1; !LaneOf(producer, consumer).Enqueue(block); ++tries) {
      consumer = (consumer + 1) % consumers_;
      if (tries % consumers_ == 0) sched_yield();
    }
  }

  // From all producers in turn, beginning with any.
  std::size_t Receive(Worker& worker, std::span<void*> blocks) {
    const auto consumer = static_cast<std::size_t>(worker.number());
    const std::size_t first = worker.random().Below(producers_);
    std::size_t count = 0;
    for (std::size_t i = 0; i < producers_; ++i) {
      Lane& lane = LaneOf((first + i) % producers_, consumer);
      while (count < blocks.size() && lane.Dequeue(blocks[count])) ++count;
    }
    return count;
  }

  VerifiedPool<FixedPool>& pool_;
  const std::size_t producers_;
  const std::size_t consumers_;
  const std::size_t bulk_;
  const Supply supply_;
  std::atomic<int> producing_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  // With --pin=spread one half is on the first CPUs, the other on the last.
  if (load.producers == 0) load.producers = std::max(1, CpuCount() / 2);
  if (load.consumers == 0) load.consumers = std::max(1, CpuCount() / 2);
  if (load.pool_blocks == 0) load.pool_blocks = Lanes::MostUnderWay(load);
  if (load.block_size == 0) load.block_size = 64;
  std::unique_ptr<Lanes> lanes;
  return StressFixedPool(load, control, [&](FixedPoolBed& bed, Gang&) {
    lanes = std::make_unique<Lanes>(bed.verified(), load);
    return std::vector<Role>{
        {load.producers, [&lanes](Worker& worker) { lanes->Produce(worker); }},
        {load.consumers, [&lanes](Worker& worker) { lanes->Consume(worker); }, false}};
  });
}

}  // namespace

constinit const Scenario kFarFree = {
    .name = "far_free",
    .summary = "blocks are freed on other cores than they were allocated on",
    .must_catch = "lost_link",
    .ignores = "threads",
    .run = Run,
};

}  // namespace corepool::stress
