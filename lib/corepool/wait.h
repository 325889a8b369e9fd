// Waiting for a block: for a while or for ever, the most urgent first.
//
//   static constinit corepool::StaticWaiters<8> waiters(corepool::kFutexWaitPort);
//   static constinit corepool::FixedPool pool;
//   ...
//   pool.Init({.block_size = 64, .block_count = 10, .waiters = &waiters}, memory)
//   ...
//   auto got = pool.AllocateUntil(waiters.Now() + 2'000'000, /*priority=*/3);
//   if (got.error == corepool::Error::kTimedOut) ...

#ifndef COREPOOL_WAIT_H_
#define COREPOOL_WAIT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/wait_port.h"

namespace corepool {

// Most threads that one table can be made for: freeing looks at all of them.
inline constexpr std::size_t kMostWaiters = 4096;

struct WaitersOptions {
  WaitPort port = {};            // how threads sleep; copied
  std::size_t most_waiters = 0;  // threads that may wait at once; 0: none
  // Of pools with blocks of several sizes: a request that cannot be served holds up all
  // that are less urgent, or as urgent and later, even if there are blocks for them.
  // Large requests then do not starve; small ones wait longer.
  bool strict_order = false;
};

// Bytes that Waiters::Init needs, and what they must be aligned to.
// [any; wait-free; O(1)]
constexpr std::size_t RequiredBytes(const WaitersOptions& options) {
  return options.most_waiters > kMostWaiters
             ? 0
             : options.most_waiters * sizeof(engine::WaitSlot);
}
constexpr std::size_t RequiredAlignment(const WaitersOptions&) {
  return alignof(engine::WaitSlot);
}

// The threads that wait for blocks of one pool. Pools are told of theirs when they are
// made (PoolOptions::waiters and so on); until the pool's Deinit it must stay as it is,
// and no other pool can have it: that one's Init says kTooMany.
//
// AllocateUntil, of every pool that has waiters, goes by these rules:
//   - If there is a block, it is as TryAllocate; so is it with kNoWait.
//   - If not, the thread waits until a block is handed to it, or until `deadline`, in
//     ticks of the port, has been reached: kTimedOut. Exactly one of both happens; a
//     block that was handed over is never lost.
//   - A request that no block could ever satisfy fails at once, whatever the deadline.
//   - kTooMany, at once: `most_waiters` threads wait already. kUnsupported, at once:
//   the
//     pool has no waiters (and the deadline is not kNoWait).
//   - Blocks that become free, however they do, go to the waiter with the lowest
//     priority number that they satisfy, and among these to the one that has waited
//     longest. It is handed over: it belongs to the waiter before that has woken up.
//     Calls that do not wait take what is free without regard to those who do.
//   - It is for threads only. Freeing is not: whoever may free may wake (see WaitPort
//     and what the port says about that).
//   - Freeing stays lock-free, also when waiters, or others that free, stand still; a
//     waiter's timeout needs nobody else. While nobody waits, a free of a pool that has
//     waiters reads one word more.
//   - Where it had to wait, the call counts as one failure in the pool's statistics and
//     alarms, whatever came of it; and if in the end it got a block, as an allocation.
// Lower numbers are more urgent.
//
// A thread that is killed while it waits keeps its place, and the block that comes to
// it; so do threads that are not in the child of a fork. With a port that cannot wake
// from signal handlers nobody may free there while threads wait.
//
// On Linux it is membarrier(2) that makes freeing cheap; where that cannot be had,
// every free of a pool with waiters looks whether somebody waits, at O(most_waiters).
//
// Default-constructed, also as constinit, it lets nobody wait.
// [default: any; wait-free; O(1)]
class Waiters {
 public:
  constexpr Waiters() = default;

  // Makes a table in `memory`, which must stay valid until Deinit. kUnsupported: the
  // port is not there on this system; kInvalidCount: more than kMostWaiters;
  // kNullMemory, kMisalignedMemory, kMemoryTooSmall, kAlreadyInitialized. All leave
  // everything as it was. [alone; lock-free; O(most_waiters)]
  [[nodiscard]] Error Init(const WaitersOptions& options, std::span<std::byte> memory);

  // Gives the memory back. kNotInitialized, or kBlocksInUse: a pool has it.
  // [alone; lock-free; O(1)]
  [[nodiscard]] Error Deinit() { return table_.Deinit(); }

  [[nodiscard]] bool is_initialized() const { return table_.is_initialized(); }

  // The port's time; 0 without one. [threads; blocking; as WaitPort::now; or better]
  [[nodiscard]] Ticks Now() const {
    const WaitPort& port = table_.port();
    return port.now == nullptr ? 0 : port.now(port.context);
  }

  [[nodiscard]] Ticks ticks_per_second() const {
    return table_.port().ticks_per_second;
  }

  // Threads that wait now, or are about to or have just ceased to.
  [[nodiscard]] std::size_t Count() const { return table_.CountWaiting(); }

  // For pools.
  constexpr engine::WaitTable& table() { return table_; }

 protected:
  constexpr Waiters(const WaitersOptions& options, std::span<engine::WaitSlot> slots)
      : table_(options.port, slots, options.strict_order) {}

 private:
  engine::WaitTable table_;
};

// What pools make of their options; nullptr if nobody may wait. [any; wait-free; O(1)]
constexpr engine::WaitTable* TableOf(Waiters* waiters) {
  return waiters == nullptr ? nullptr : &waiters->table();
}

// The same with places for N threads of its own. [default: alone; wait-free; O(N)]
template <std::size_t N>
class StaticWaiters : public Waiters {
  static_assert(N <= kMostWaiters);

 public:
  constexpr explicit StaticWaiters(const WaitPort& port, bool strict_order = false)
      : Waiters({.port = port, .most_waiters = N, .strict_order = strict_order},
                std::span(slots_).first(N)) {}

 private:
  engine::WaitSlot slots_[N == 0 ? 1 : N]{};
};

}  // namespace corepool

#endif  // COREPOOL_WAIT_H_
