// What most threads of most scenarios do: allocate and free at random.

#ifndef COREPOOL_STRESS_TRAFFIC_H_
#define COREPOOL_STRESS_TRAFFIC_H_

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stress/actor.h"
#include "stress/gang.h"
#include "stress/verified_pool.h"

namespace corepool::stress {

// The blocks that one thread has. Steps depend on nothing but the actor's random
// numbers and on whether blocks were free.
template <class Pool>
class Traffic {
 public:
  // At most `most_held` blocks at a time, `bulk` of them a call.
  Traffic(VerifiedPool<Pool>& pool, std::size_t most_held, std::size_t bulk)
      : pool_(pool), most_held_(most_held), bulk_(std::min(bulk, most_held)) {
    held_.reserve(most_held);
  }

  // Allocates or frees.
  void Step(Actor& actor, Supply supply = Supply::kUnsure) {
    const std::uint64_t dice = actor.random();
    const bool allocate =
        held_.empty() || (held_.size() + bulk_ <= most_held_ && (dice & 1) != 0);
    if (allocate) {
      Allocate(actor, supply);
    } else {
      Free(actor, (dice >> 8) % held_.size());
    }
  }

  void FreeAll(Actor& actor) {
    while (!held_.empty()) Free(actor, held_.size() - 1);
  }

  std::size_t held() const { return held_.size(); }

 private:
  void Allocate(Actor& actor, Supply supply) {
    if (bulk_ <= 1) {
      void* const block = pool_.Allocate(actor, supply);
      if (block != nullptr) held_.push_back(block);
      return;
    }
    const std::size_t before = held_.size();
    held_.resize(before + bulk_);
    const std::span<void*> wanted = std::span(held_).subspan(before);
    held_.resize(before + pool_.AllocateBulk(actor, wanted, supply));
  }

  // One of them, or with bulk the last few.
  void Free(Actor& actor, std::size_t which) {
    std::swap(held_[which], held_.back());
    if (bulk_ <= 1) {
      pool_.Free(actor, held_.back());
      held_.pop_back();
      return;
    }
    const std::size_t count = std::min(bulk_, held_.size());
    pool_.FreeBulk(actor, std::span(held_).last(count));
    held_.resize(held_.size() - count);
  }

  VerifiedPool<Pool>& pool_;
  const std::size_t most_held_;
  const std::size_t bulk_;
  std::vector<void*> held_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRAFFIC_H_
