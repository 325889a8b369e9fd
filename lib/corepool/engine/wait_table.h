// Who waits for a block, and how one is handed over.

#ifndef COREPOOL_ENGINE_WAIT_TABLE_H_
#define COREPOOL_ENGINE_WAIT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/fence.h"
#include "corepool/wait_port.h"

namespace corepool::engine {

// What a waiter asks its pool for. Only the pool knows what it means.
struct WaitRequest {
  lockfree::Word size = 0;
  lockfree::Word kind = 0;
};

// A block by a number of the pool's choice: at most 62 bits wide (30 where a Word has
// 32), the same for as long as somebody waits.
using WaitHandle = lockfree::Word;

// What a kind of pool provides for its waiters. Besides, it
//   - has a WaitTable* that is nullptr if nobody may wait, attached when it is made and
//     detached at its end;
//   - calls `if (table->IsAwaited()) table->Serve(n)` after everything that may let
//     another request succeed: a free that has pushed its block, on whatever way, but
//     also what took something and put it back, and what adds blocks. Not from the
//     functions below, which Serve calls;
//   - offers AllocateUntil: TryAllocate, and if that found no block, Wait. A request
//     that can never succeed must not come to Wait.
// All functions may be called from any context that may free.
struct WaitOperations {
  // Takes a block for the request, as if it were allocated, but counts no failure and
  // tells of none; false if there was an instant during the call at which there was
  // none. Sets `again` if it put something back that another request may have missed.
  bool (*take)(const void* pool, const WaitRequest& request, WaitHandle& handle,
               bool& again);
  // Undoes that.
  void (*put_back)(const void* pool, WaitHandle handle);
  // What satisfies one request satisfies all.
  bool alike;
};

// One waiting thread's.
//
//   state   {tag, 0}      free
//           {tag, 1}      claimed: its waiter writes, or reads, the rest
//           {tag, 2}      waiting: by one compare-and-swap either somebody hands over a
//                         block, or the waiter gives up
//           {handle, 3}   granted: the block is the waiter's
//
// The tag grows with every use of the slot. So who was held up between choosing a
// waiter and handing over cannot hand the block to the slot's next user, which may have
// asked for something else. It has all bits but two, for the handle replaces it: the
// waiter knows the tag by heart.
struct WaitSlot {
  lockfree::Atomic<lockfree::Word> state{};
  // Fixed while it is waiting.
  lockfree::Atomic<lockfree::Word> size{};
  lockfree::Atomic<lockfree::Word> kind{};
  lockfree::Atomic<lockfree::Word> priority{};
  lockfree::Atomic<lockfree::Word> ticket{};
  // {times somebody handed over something here, whether a thread sleeps}
  WaitSignal signal{};
};

// A waiter announces itself, makes sure that everybody sees that (a heavy fence), and
// then hands out what is free, as every free does: whoever freed a block before has put
// it there, and whoever does after sees the waiter. Handing over is one
// compare-and-swap on the waiter's slot, which decides against its timeout. Decision 15
// has the proofs.
class WaitTable {
 public:
  using Word = lockfree::Word;

  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  constexpr WaitTable() = default;
  constexpr WaitTable(const WaitPort& port, std::span<WaitSlot> slots, bool strict)
      : slots_(slots), port_(port), strict_(strict) {}
  WaitTable(const WaitTable&) = delete;
  WaitTable& operator=(const WaitTable&) = delete;

  bool is_initialized() const { return port_.now != nullptr; }
  std::size_t capacity() const { return slots_.size(); }
  const WaitPort& port() const { return port_; }

  // Not concurrently with anything.
  void Init(const WaitPort& port, std::span<WaitSlot> slots, bool strict);
  // kNotInitialized; kBlocksInUse: a pool has it.
  Error Deinit();

  // Makes it the table of `pool`; kTooMany if it is another's, kNotInitialized. Once
  // more for the same pool changes nothing. `operations` are for ever. Threads only.
  Error Attach(const void* pool, const WaitOperations& operations);
  // Nothing, if it is not the pool's. Nobody may be waiting.
  void Detach(const void* pool);

  // These for what may be no table.
  static Error Attach(WaitTable* table, const void* pool,
                      const WaitOperations& operations) {
    return table == nullptr ? Error::kOk : table->Attach(pool, operations);
  }
  static const WaitPort* PortOf(const WaitTable* table) {
    return table == nullptr ? nullptr : &table->port_;
  }
  static void Detach(WaitTable* table, const void* pool) {
    if (table != nullptr) table->Detach(pool);
  }

  // Whether somebody waits, for who has just put back a block.
  COREPOOL_INLINE bool IsAwaited() const {
    port::AsymmetricFence::Light();
    return waiting_.load(lockfree::kRelaxed) != 0;
  }

  // Keeps what the caller has put back before, and what it looks at afterwards, in
  // order, for all who call Serve. Any context.
  void Fence() { waiting_.fetch_add(0, lockfree::kAcqRel); }

  // Hands what is free to those who wait: the most urgent first, of these the one who
  // has waited longest; if all requests are alike, `freed` blocks at most. Any context
  // that may free. Lock-free: begins anew only if a waiter has left, or if the pool
  // says so. O(slots) for each block handed over and each request tried.
  void Serve(std::size_t freed);

  // Waits for a block. kOk and its handle; kTimedOut; kTooMany: as many wait as may.
  // Threads only. After Attach.
  Error Wait(const WaitRequest& request, Ticks deadline, std::uint8_t priority,
             WaitHandle& handle);

  // How many threads wait, or are about to or have just ceased to. Wait-free.
  std::size_t CountWaiting() const {
    return static_cast<std::size_t>(waiting_.load(lockfree::kRelaxed) & ~kAlways);
  }

 private:
  enum State : Word { kFree, kClaimed, kWaiting, kGranted };
  static constexpr int kStateBits = 2;
  static constexpr Word kStateMask = (Word{1} << kStateBits) - 1;
  // In waiting_: so that everybody looks, for want of an asymmetric fence.
  static constexpr Word kAlways = Word{1} << (sizeof(Word) * 8 - 1);

  static constexpr Word With(Word value, State state) {
    return (value << kStateBits) | state;
  }

  // A waiter, as it was seen.
  struct Candidate {
    WaitSlot* slot = nullptr;
    Word state = 0;
    Word priority = 0;
    Word ticket = 0;
  };
  static bool IsBefore(const Candidate& one, const Candidate& other);
  // The first in order, of those who come after `last`, if that is one; no slot if
  // there is none.
  Candidate FirstAfter(const Candidate& last) const;
  // One look at all waiters; false if there must be another one.
  bool ServeRound(const void* pool, const WaitOperations& operations,
                  std::size_t& freed);

  WaitSlot* Claim(Word& tag);
  void Release(WaitSlot& slot, Word tag);
  // Sleeps until somebody has handed over a block, or the deadline is there.
  Error Await(WaitSlot& slot, Word tag, Ticks deadline, WaitHandle& handle);
  WaitPlace PlaceOf(WaitSlot& slot) const {
    return {static_cast<std::size_t>(&slot - slots_.data()), &slot.signal};
  }
  void Signal(WaitSlot& slot) const;

  // Read by every free, written by those who wait.
  lockfree::Atomic<Word> waiting_{0};
  lockfree::Atomic<const void*> pool_{nullptr};
  lockfree::Atomic<const WaitOperations*> operations_{nullptr};
  std::span<WaitSlot> slots_{};
  WaitPort port_{};
  bool strict_ = false;
  lockfree::Atomic<Word> tickets_{0};
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_WAIT_TABLE_H_
