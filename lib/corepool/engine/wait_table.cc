#include "corepool/engine/wait_table.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/fence.h"
#include "corepool/wait_port.h"

namespace corepool::engine {

using lockfree::kAcqRel;
using lockfree::kAcquire;
using lockfree::kRelaxed;
using lockfree::kRelease;

void WaitTable::Init(const WaitPort& port, std::span<WaitSlot> slots, bool strict) {
  waiting_.store(0, kRelaxed);
  slots_ = slots;
  port_ = port;
  strict_ = strict;
}

Error WaitTable::Deinit() {
  if (!is_initialized()) return Error::kNotInitialized;
  if (pool_.load(kRelaxed) != nullptr) return Error::kBlocksInUse;
  port_ = {};
  slots_ = {};
  return Error::kOk;
}

Error WaitTable::Attach(const void* pool, const WaitOperations& operations) {
  if (!is_initialized()) return Error::kNotInitialized;
  const void* owner = nullptr;
  // Pairs with: E53 release in Detach.
  if (!pool_.compare_exchange_strong(owner, pool, kAcquire, kRelaxed) &&
      owner != pool) {
    return Error::kTooMany;
  }
  // Relaxed: who serves somebody sees what that one has seen or done before it said
  // that it waits (E51).
  operations_.store(&operations, kRelaxed);
  if (port::AsymmetricFence::Enable()) return Error::kOk;
  Word waiting = waiting_.load(kRelaxed);
  while (
      (waiting & kAlways) == 0 &&
      !waiting_.compare_exchange_weak(waiting, waiting | kAlways, kAcqRel, kRelaxed)) {
  }
  return Error::kOk;
}

void WaitTable::Detach(const void* pool) {
  if (pool_.load(kRelaxed) != pool) return;
  operations_.store(nullptr, kRelaxed);
  // E53. Pairs with: acquire in Attach (what the pool did with the table).
  pool_.store(nullptr, kRelease);
}

bool WaitTable::IsBefore(const Candidate& one, const Candidate& other) {
  if (one.priority != other.priority) return one.priority < other.priority;
  using Distance = std::make_signed_t<Word>;
  return static_cast<Distance>(one.ticket - other.ticket) < 0;
}

WaitTable::Candidate WaitTable::FirstAfter(const Candidate& last) const {
  Candidate first;
  for (WaitSlot& slot : slots_) {
    Candidate seen{.slot = &slot};
    // Pairs with: E50 release in Wait (the request).
    seen.state = slot.state.load(kAcquire);
    if ((seen.state & kStateMask) != kWaiting) continue;
    // If the slot changes hands now, these are of no use; nor is the state, then.
    seen.priority = slot.priority.load(kRelaxed);
    seen.ticket = slot.ticket.load(kRelaxed);
    if (last.slot != nullptr && !IsBefore(last, seen)) continue;
    if (first.slot == nullptr || IsBefore(seen, first)) first = seen;
  }
  return first;
}

void WaitTable::Serve(std::size_t freed) {
  const WaitOperations* operations = nullptr;
  do {
    // E51: on one word with the same in Wait, so one of them comes second. If it is
    // this one, it sees the waiter; else the waiter sees what was put back before.
    // Release pairs with: acquire there. Acquire pairs with: release there.
    Fence();
    operations = operations_.load(kRelaxed);
  } while (operations != nullptr &&
           !ServeRound(pool_.load(kRelaxed), *operations, freed));
}

bool WaitTable::ServeRound(const void* pool, const WaitOperations& operations,
                           std::size_t& freed) {
  bool done = true;
  Candidate last;
  while (freed > 0) {
    Candidate next = FirstAfter(last);
    if (next.slot == nullptr) break;
    const WaitRequest request{next.slot->size.load(kRelaxed),
                              next.slot->kind.load(kRelaxed)};
    WaitHandle handle = 0;
    bool again = false;
    const bool taken = operations.take(pool, request, handle, again);
    if (again) done = false;
    if (!taken) {
      if (operations.alike || strict_) break;
      last = next;
      continue;
    }
    // E52. Release pairs with: acquire in Await (the block). Acquire, and release too,
    // because it stands for the reads above: pairs with E50 in Wait.
    if (next.slot->state.compare_exchange_strong(next.state, With(handle, kGranted),
                                                 kAcqRel, kRelaxed)) {
      Signal(*next.slot);
      if (operations.alike) --freed;
      last = operations.alike ? Candidate{} : next;
      continue;
    }
    // It has left, or has been served. Meanwhile others may have missed the block.
    operations.put_back(pool, handle);
    return COREPOOL_SABOTAGE_WAIT == 3;
  }
  return done;
}

// Nothing in here is needed by a waiter that wakes up by itself.
void WaitTable::Signal(WaitSlot& slot) const {
  // E54. Release pairs with: acquire in Await (the grant). Acquire pairs with: release
  // of the swap there, for ports that note who sleeps.
  if ((slot.signal.fetch_add(2, kAcqRel) & 1) == 0) return;
  port_.wake(port_.context, PlaceOf(slot));
}

WaitSlot* WaitTable::Claim(Word& tag) {
  for (WaitSlot& slot : slots_) {
    Word state = slot.state.load(kRelaxed);
    while ((state & kStateMask) == kFree) {
      tag = state >> kStateBits;
      // Pairs with: E55 release in Release.
      if (slot.state.compare_exchange_weak(state, With(tag, kClaimed), kAcquire,
                                           kRelaxed)) {
        return &slot;
      }
    }
  }
  return nullptr;
}

void WaitTable::Release(WaitSlot& slot, Word tag) {
  // E55. Pairs with: acquire in Claim.
  slot.state.store(With(tag + 1, kFree), kRelease);
  waiting_.fetch_add(Word{0} - 1, kRelaxed);
}

Error WaitTable::Wait(const WaitRequest& request, Ticks deadline, std::uint8_t priority,
                      WaitHandle& handle) {
  Word tag = 0;
  WaitSlot* const slot = Claim(tag);
  if (slot == nullptr) return Error::kTooMany;
  slot->size.store(request.size, kRelaxed);
  slot->kind.store(request.kind, kRelaxed);
  slot->priority.store(priority, kRelaxed);
  slot->ticket.store(tickets_.fetch_add(1, kRelaxed), kRelaxed);
  // E50. Pairs with: acquire in FirstAfter.
  slot->state.store(With(tag, kWaiting), kRelease);
  // E51: see Serve. Also the write of the two that Heavy and Light are between.
  waiting_.fetch_add(1, kAcqRel);
  if ((waiting_.load(kRelaxed) & kAlways) == 0) port::AsymmetricFence::Heavy();
  if constexpr (COREPOOL_SABOTAGE_WAIT != 1) Serve(kAll);
  const Error error = Await(*slot, tag, deadline, handle);
  Release(*slot, tag);
  // Those behind a request that could not be served have waited for it to go.
  if (error != Error::kOk && strict_) Serve(kAll);
  return error;
}

Error WaitTable::Await(WaitSlot& slot, Word tag, Ticks deadline, WaitHandle& handle) {
  for (;;) {
    // Pairs with: E54 release in Signal.
    std::uint32_t signal = slot.signal.load(kAcquire);
    // Pairs with: E52 release in ServeRound (the block).
    Word state = slot.state.load(kAcquire);
    if (state == With(tag, kWaiting)) {
      if (deadline == kForever || port_.now(port_.context) < deadline) {
        // E54. Fails if somebody has handed over something in between. Release pairs
        // with: acquire in Signal.
        if (!slot.signal.compare_exchange_strong(signal, signal + 1, kAcqRel,
                                                 kRelaxed)) {
          continue;
        }
        port_.sleep(port_.context, PlaceOf(slot), signal + 1, deadline);
        slot.signal.fetch_add(~std::uint32_t{0}, kRelaxed);
        continue;
      }
      // Pairs with: E52, as above: if it fails, somebody was faster.
      if (slot.state.compare_exchange_strong(state, With(tag, kClaimed), kAcqRel,
                                             kAcquire)) {
        return Error::kTimedOut;
      }
      if constexpr (COREPOOL_SABOTAGE_WAIT == 2) return Error::kTimedOut;
    }
    handle = state >> kStateBits;
    return Error::kOk;
  }
}

}  // namespace corepool::engine
