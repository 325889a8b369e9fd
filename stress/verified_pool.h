// A pool whose every call is measured and verified.

#ifndef COREPOOL_STRESS_VERIFIED_POOL_H_
#define COREPOOL_STRESS_VERIFIED_POOL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/stats.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/clock.h"

namespace corepool::stress {

// What a VerifiedPool's actors measure, by number.
inline constexpr std::size_t kAllocate = 0;
inline constexpr std::size_t kFree = 1;
inline constexpr std::size_t kExhausted = 2;       // allocations that found no block
inline constexpr std::size_t kPoolOperations = 3;  // a scenario's own come behind
inline std::vector<std::string> PoolOperations() {
  return {"allocate", "free", "exhausted"};
}

// May an allocation fail?
enum class Supply : std::uint8_t {
  kUnsure,   // others may have all blocks
  kAssured,  // a block is free for sure: "exhausted" is a fault
};

// Around a FixedPool or a DynamicPool. Whatever is handed out is stamped, filled and
// looked at before it is freed; never is a block touched that is somebody else's. Any
// thread and any signal handler may call it, each as an actor of its own.
template <class Pool>
class VerifiedPool {
 public:
  // The pool must report misuse to the ledger; both must outlive this.
  VerifiedPool(Pool& pool, BlockLedger& ledger) : pool_(pool), ledger_(ledger) {}

  Pool& pool() { return pool_; }
  BlockLedger& ledger() { return ledger_; }

  // nullptr: none was free, or what came was none.
  void* Allocate(Actor& actor, Supply supply = Supply::kUnsure) {
    const std::int64_t begin = Now();
    void* const block = pool_.Allocate();
    const std::int64_t end = Now();
    actor.Record(block != nullptr ? kAllocate : kExhausted, begin, end);
    if (block == nullptr) {
      ++actor.failures;
      if (supply == Supply::kAssured) [[unlikely]]
        ledger_.Found(Fault::kExhausted, kNoIndex, &actor);
      return nullptr;
    }
    ++actor.operations;
    return ledger_.Take(actor, pool_.IndexOf(block), block, begin) ? block : nullptr;
  }

  // Takes back what Allocate returned, to whomever.
  void Free(Actor& actor, void* block) {
    const std::size_t index = pool_.IndexOf(block);
    if (!ledger_.Give(actor, index, block)) return;
    const std::int64_t begin = Now();
    const Error error = pool_.Free(block);
    actor.Record(kFree, begin, Now());
    ++actor.operations;
    if (error != Error::kOk) [[unlikely]] {
      ledger_.Found(Fault::kRefused, index, &actor, static_cast<std::uint64_t>(error));
    }
  }

  // Fills the front of `blocks` in one call and returns how many it got: all or none
  // half of the time, else as many as there are.
  std::size_t AllocateBulk(Actor& actor, std::span<void*> blocks,
                           Supply supply = Supply::kUnsure) {
    const bool all_or_none = (actor.random() & 1) != 0;
    const std::int64_t begin = Now();
    std::size_t count = blocks.size();
    if (!all_or_none) {
      count = pool_.AllocateUpTo(blocks);
    } else if (pool_.AllocateBulk(blocks) != Error::kOk) {
      count = 0;
    }
    actor.Record(count != 0 ? kAllocate : kExhausted, begin, Now());
    if (count < blocks.size()) {
      ++actor.failures;
      if (supply == Supply::kAssured) [[unlikely]]
        ledger_.Found(Fault::kExhausted, kNoIndex, &actor);
    }
    actor.operations += count;
    // Those that are somebody else's are left out.
    std::size_t taken = 0;
    for (void* const block : blocks.first(count)) {
      if (ledger_.Take(actor, pool_.IndexOf(block), block, begin)) {
        blocks[taken++] = block;
      }
    }
    return taken;
  }

  // Takes back all of them in one call. Leaves in front those that it took back.
  void FreeBulk(Actor& actor, std::span<void*> blocks) {
    std::size_t given = 0;
    for (void* const block : blocks) {
      if (ledger_.Give(actor, pool_.IndexOf(block), block)) blocks[given++] = block;
    }
    if (given == 0) return;
    const std::int64_t begin = Now();
    const Error error = pool_.FreeBulk(blocks.first(given));
    actor.Record(kFree, begin, Now());
    actor.operations += given;
    if (error != Error::kOk) [[unlikely]] {
      ledger_.Found(Fault::kRefused, pool_.IndexOf(blocks[0]), &actor,
                    static_cast<std::uint64_t>(error));
    }
  }

  // At a quiet point, when no call is under way: audits the pool, and compares its
  // statistics with what is so. After a fault it does nothing.
  void CheckQuiet(std::size_t used, std::uint64_t allocations, std::uint64_t frees) {
    if (!ledger_.faultless()) return;
    const AuditReport audit = pool_.Audit(AuditMode::kAtRest);
    if (audit.error != Error::kOk) {
      ledger_.Found(
          Fault::kUnsound,
          audit.index == kNoIndex
              ? std::string(ErrorName(audit.error))
              : absl::StrFormat("%s at block %d", ErrorName(audit.error), audit.index));
      return;
    }
    const PoolStats stats = pool_.Stats();
    Compare("used", stats.used, used);
    Compare("allocations", stats.allocations, allocations);
    Compare("frees", stats.frees, frees);
    Compare("capacity - used", stats.capacity - stats.used, stats.free);
    Compare("misuses", stats.misuses, 0);
    if (!stats.exact) Wrong("not exact at rest");
  }

  // At a quiet point, when nobody has a block: all blocks can be allocated, each once,
  // and freed. After a fault it does nothing. Changes statistics.
  void CheckAllThere() {
    if (!ledger_.faultless()) return;
    const PoolStats stats = pool_.Stats();
    // One more than there are, or a circle would be walked for ever.
    std::vector<void*> blocks(stats.capacity + 1);
    const std::size_t count = pool_.AllocateUpTo(blocks);
    std::vector<bool> seen(stats.capacity);
    for (void* const block : std::span(blocks).first(count)) {
      const std::size_t index = pool_.IndexOf(block);
      if (index == kNoIndex) {
        ledger_.Found(Fault::kOutside, absl::StrFormat("%p when drained", block));
      } else if (seen[index]) {
        ledger_.Found(Fault::kDoubled, absl::StrFormat("block %d when drained", index));
      } else {
        seen[index] = true;
      }
    }
    const auto distinct =
        static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
    if (distinct != stats.capacity) {
      const auto first = std::find(seen.begin(), seen.end(), false) - seen.begin();
      ledger_.Found(Fault::kLost,
                    absl::StrFormat("%d of %d when drained, block %d is the first",
                                    stats.capacity - distinct, stats.capacity, first));
    }
    if (!ledger_.faultless()) return;
    const Error error = pool_.FreeBulk(std::span(blocks).first(count));
    if (error != Error::kOk) ledger_.Found(Fault::kRefused, ErrorName(error));
  }

 private:
  void Compare(const char* name, std::uint64_t found, std::uint64_t expected) {
    if (found != expected) {
      Wrong(absl::StrFormat("%s is %d, not %d", name, found, expected));
    }
  }
  void Wrong(const std::string& detail) { ledger_.Found(Fault::kStatistics, detail); }

  Pool& pool_;
  BlockLedger& ledger_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_VERIFIED_POOL_H_
