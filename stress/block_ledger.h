// Who has which block and what is in it, kept apart from the pool that is tested.

#ifndef COREPOOL_STRESS_BLOCK_LEDGER_H_
#define COREPOOL_STRESS_BLOCK_LEDGER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "corepool/misuse.h"
#include "stress/actor.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {

// What can be found wrong with a pool.
enum class Fault : std::uint8_t {
  kOutside,     // handed out something that is none of its blocks
  kDoubled,     // handed out a block while somebody had it
  kDamaged,     // a block changed while somebody had it
  kRefused,     // did not take back a block that somebody had
  kExhausted,   // said that no block was free, but one was
  kMisuse,      // reported a misuse, and there was none
  kLost,        // blocks that can no longer be allocated
  kUnsound,     // its audit found it so
  kStatistics,  // counts other blocks than there were
  kCount,
};

// A word a block, changed by whoever is handed the block and whoever frees it. Accesses
// are relaxed, and there is one read-modify-write for both together, so that the
// ledger orders next to nothing that the pool should have ordered. All functions may
// be called by any thread and any signal handler, unless they say otherwise.
class BlockLedger {
 public:
  // At the first fault the scenario is told to stop: after it the pool may do anything.
  BlockLedger(std::size_t blocks, std::size_t block_size, std::uint64_t seed,
              RunControl& control);

  // `block`, number `index`, was handed to `actor` at `at`. Fills it. False: hands off,
  // for there is no such block, or it is somebody's.
  bool Take(Actor& actor, std::size_t index, void* block, std::int64_t at);

  // `actor` is about to free it. Looks whether it is as Take left it. False: it must
  // not be freed, nobody has it.
  bool Give(Actor& actor, std::size_t index, const void* block);

  // Notes a fault and, of the first of its kind, what there is to say.
  void Found(Fault fault, std::size_t index, const Actor* actor,
             std::uint64_t detail = 0);
  // The same, with words. Threads only.
  void Found(Fault fault, const std::string& detail);
  bool faultless() const { return faults_.load(std::memory_order_relaxed) == 0; }

  // For PoolOptions, with the ledger as the context.
  static void OnMisuse(const MisuseReport& report);

  // Whether somebody has the block, which is below blocks().
  bool IsOwned(std::size_t index) const {
    return stamps_[index].load(std::memory_order_relaxed) != 0;
  }
  // Blocks that somebody has. At rest.
  std::size_t owned() const;

  // Adds a check for every kind of fault, and the blocks that somebody still has as
  // leaks. At rest, `began` is when the scenario did.
  void AddTo(ScenarioRecord& record, std::int64_t began) const;

  std::size_t blocks() const { return blocks_; }

 private:
  // 0: nobody has it. Else the actor's number + 1, and a number of its own.
  using Stamp = std::uint64_t;
  static constexpr int kOwnerShift = 48;
  static int OwnerOf(Stamp stamp) { return static_cast<int>(stamp >> kOwnerShift) - 1; }

  struct First {
    std::atomic<std::uint64_t> count{0};
    // Of the first, written by who counted it.
    std::size_t index = 0;
    int actor = -1;
    std::uint64_t detail = 0;
    std::string text;
  };

  void Fill(void* block, std::size_t index, Stamp stamp) const;
  // The first byte that is not as Fill left it; block_size_ if all are.
  std::size_t FirstDamage(const void* block, std::size_t index, Stamp stamp) const;
  std::uint64_t PatternOf(std::size_t index, Stamp stamp) const;
  std::string Describe(Fault fault) const;

  const std::size_t blocks_;
  const std::size_t block_size_;
  const std::uint64_t seed_;
  RunControl& control_;
  std::vector<std::atomic<Stamp>> stamps_;
  std::vector<std::atomic<std::int64_t>> taken_at_;
  std::atomic<std::uint64_t> faults_{0};
  std::array<First, static_cast<std::size_t>(Fault::kCount)> first_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_BLOCK_LEDGER_H_
