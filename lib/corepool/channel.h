// Channels: a pool and a queue in one. Who produces fills a block in place, who
// consumes gets that block, and it is free again when the consumer lets go of it.
//
//   static constinit corepool::Channel<CanFrame, 64> received;
//   auto frame = received.Reserve();                    // anywhere, handlers too
//   if (frame && Read(*frame)) (void)received.Commit(std::move(frame));
//   ...
//   while (auto frame = received.Receive()) Handle(*frame);  // anywhere

#ifndef COREPOOL_CHANNEL_H_
#define COREPOOL_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/misuse.h"
#include "corepool/mpmc_queue.h"
#include "corepool/object_pool.h"
#include "corepool/options.h"
#include "corepool/pool_ptr.h"
#include "corepool/port/port.h"
#include "corepool/queue_wait.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"

namespace corepool {

// What a channel is to be like.
struct ChannelOptions {
  static constexpr std::size_t kAsPool = static_cast<std::size_t>(-1);

  // Blocks that may be committed and not yet received; more than there are blocks are
  // as many as there are. 0 is legal: full and empty for ever.
  std::size_t depth = kAsPool;
  corepool::Checking checking = corepool::Checking::kBasic;  // as StaticPool's
  corepool::Caching caching = corepool::Caching::kAutomatic;
};

// Plain numbers, modulo 2^32 on 32-bit targets; all since the beginning, but for
// `queued`. Exact at rest, and then committed = received + overwritten + queued; while
// calls are under way each may be behind by as many as there are of them. The
// channel's own four stay 0 without COREPOOL_STATISTICS.
struct ChannelStats {
  std::uint64_t committed;    // blocks that were enqueued, in whatever way
  std::uint64_t received;     // blocks that consumers got
  std::uint64_t refused;      // commits that found the queue full
  std::uint64_t overwritten;  // blocks that were dropped for newer ones
  std::size_t queued;         // blocks that are committed and not yet received
  PoolStats pool;             // reservations that got no block are pool.failures
};

// N blocks for one T each, and a queue of them: first in, first out, from any number of
// producers to any number of consumers. No memory, no Init: all-zero memory is an empty
// channel, so a constinit one lies in .bss and may be used before main().
//
// Every function but ReceiveUntil may be called by any thread, interrupt handler and
// signal handler, on any core, at any instruction of any other call on the same
// channel; takes no lock, calls no system (but as StaticPool) and allocates no memory;
// and is lock-free. A context that stands still anywhere keeps nobody from anything but
// the block that it owns. What a producer did before Commit happens before what the
// consumer of that block does after Receive. Costs: an allocation and an Enqueue, or a
// Dequeue and a free, and one relaxed addition each.
//
// A queue as deep as the pool, which is the default, is never full: whoever has a block
// can commit it.
//
// T may be anything that can be destroyed. Reserve constructs it; it is destroyed where
// the block is freed, by whoever does that, in an interrupt handler too. What T's
// constructor and destructor do is the caller's part of each contract. If T is trivial
// both are nothing, and a block begins with whatever was in it. Objects that are left
// when the channel ends are not destroyed.
//
// kWaiters: the address of a StaticWaiters with static storage, of which consumers may
// wait (ReceiveUntil); of this channel only. Then Commit may wake, so producers must be
// contexts that may do so (see WaitPort); while nobody waits it costs them one load.
// [default: any; lock-free]
template <class T, std::size_t N, ChannelOptions kOptions = ChannelOptions{},
          auto kWaiters = nullptr>
class Channel {
 private:
  static constexpr bool kAwaited = !std::is_null_pointer_v<decltype(kWaiters)>;

 public:
  using Storage = StaticPool<T, N, kOptions.checking, kOptions.caching>;
  using Pool =
      std::conditional_t<std::is_trivially_destructible_v<T>, Storage,
                         ObjectPool<T, N, kOptions.checking, kOptions.caching>>;
  // Owns one block, or none. Move-only; gives the block back if it is dropped. A block
  // that was received may be committed again.
  using Owner = PoolPtr<T, Pool>;

  struct Reception {
    Error error;
    Owner block;
  };

  constexpr Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // A block to be filled, with a T constructed from the arguments; without any it is
  // default-initialized, which leaves plain data as it is. Owns nothing if there was an
  // instant during the call at which every block was owned or committed. As
  // StaticPool::Allocate. [as StaticPool::Allocate]
  template <class... Arguments>
  [[nodiscard]] COREPOOL_INLINE Owner Reserve(Arguments&&... arguments) {
    return Construct(storage().Allocate(), std::forward<Arguments>(arguments)...);
  }

  // The same, and if no block is free, the one that was committed first is taken back,
  // and counted as overwritten. Owns nothing if every block was allocated at one
  // instant, nothing was committed at a later one, and every block was allocated again
  // at a third: all are with their owners, or others were quicker each time. Where it
  // overwrites that counts as one of pool.failures, where it fails as two.
  // [as StaticPool::Allocate; twice, and MpmcQueue::Dequeue]
  template <class... Arguments>
  [[nodiscard]] Owner ReserveOverwriting(Arguments&&... arguments) {
    T* block = storage().Allocate();
    if (block == nullptr) [[unlikely]]
      block = TakeOldest();
    if (block == nullptr) [[unlikely]]
      block = storage().Allocate();
    return Construct(block, std::forward<Arguments>(arguments)...);
  }

  // Passes the block on to whoever receives next. Unless it is kOk, `owner` has the
  // block still:
  //   kQueueFull       there was an instant at which `depth` blocks were committed; if
  //                    that is N, never
  //   kNullMemory      it owns nothing
  //   kForeignPointer  the block is another channel's; told to the misuse handler
  // As MpmcQueue::Enqueue. [O(1), 2 RMW]
  [[nodiscard]] COREPOOL_INLINE Error Commit(Owner&& owner) {
    const std::size_t index = storage().IndexOf(owner.get());
    if (index == kNoIndex) [[unlikely]]
      return Refuse(owner);
    if (!queue_.Enqueue(static_cast<lockfree::Index>(index))) [[unlikely]] {
      refused_.Add(1);
      return Error::kQueueFull;
    }
    Committed(owner);
    return Error::kOk;
  }

  // The same, but for a full queue: the block that was committed first is taken back,
  // counted and freed, until there is room. Then every consumer finds the newest
  // values, at most `depth` of them. kQueueFull only if the depth is 0. Each attempt
  // fails only because of others' commits. [as Commit; Receive and StaticPool::Free for
  // each attempt]
  [[nodiscard]] Error CommitOverwriting(Owner&& owner) {
    const std::size_t index = storage().IndexOf(owner.get());
    if (index == kNoIndex) [[unlikely]]
      return Refuse(owner);
    while (!queue_.Enqueue(static_cast<lockfree::Index>(index))) {
      if (kDepth == 0) {
        refused_.Add(1);
        return Error::kQueueFull;
      }
      lockfree::Index oldest;
      if (!queue_.Dequeue(oldest)) continue;
      overwritten_.Add(1);
      Owner(pool_, pool_.BlockAt(oldest)).reset();
    }
    Committed(owner);
    return Error::kOk;
  }

  // The block that was committed first; owns nothing if there was an instant during the
  // call at which none was committed. As MpmcQueue::Dequeue. [O(1), 2 RMW]
  [[nodiscard]] COREPOOL_INLINE Owner Receive() {
    lockfree::Index index;
    if (!queue_.Dequeue(index)) return {};
    return Received(index);
  }

  // Fills the front of `owners` until nothing is committed, and returns how many; fewer
  // than `owners` only if there was such an instant. What they own already is given
  // back. Each is received by itself, in order; others may receive some in between.
  // [O(number received)]
  std::size_t ReceiveUpTo(std::span<Owner> owners) {
    std::size_t count = 0;
    for (Owner& owner : owners) {
      lockfree::Index index;
      if (!queue_.Dequeue(index)) break;
      owner = Received(index);
      ++count;
    }
    return count;
  }

  // As Receive; if nothing is committed, waits until something is, or until `deadline`.
  //   kOk           `block` owns it; else it owns nothing
  //   kQueueEmpty   nothing is committed, and the deadline is kNoWait or the depth 0
  //   kTimedOut     the deadline has been reached
  //   kTooMany      as many wait as may, or kWaiters are another's
  //   kUnsupported  the channel has no waiters, and the deadline is not kNoWait
  // Each commit wakes the waiter with the lowest priority number, of these the one that
  // has waited longest; lower is more urgent. Blocks are received in the order of their
  // commits, but who gets which is decided by who is awake first: see DequeueUntil.
  // [threads; blocking; as Receive; with kNoWait any context may call it]
  [[nodiscard]] Reception ReceiveUntil(Ticks deadline, std::uint8_t priority) {
    lockfree::Index index = 0;
    Error error;
    if constexpr (kAwaited) {
      error = DequeueUntil(queue_, *kWaiters, index, deadline, priority);
    } else {
      if (deadline != kNoWait) return {Error::kUnsupported, {}};
      error = queue_.Dequeue(index) ? Error::kOk : Error::kQueueEmpty;
    }
    if (error != Error::kOk) return {error, {}};
    return {Error::kOk, Received(index)};
  }

  // Nobody will wait any more: kWaiters may be another channel's. Only while nobody
  // waits. [threads; wait-free; O(1)]
  void ForgetConsumers()
    requires(kAwaited)
  {
    corepool::ForgetConsumers(queue_, *kWaiters);
  }

  // Whether nothing was committed at some instant during the call. As MpmcQueue::empty.
  // [O(1)]
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  // `queued` is as MpmcQueue::size, `pool` as StaticPool::Stats. [O(magazines)]
  [[nodiscard]] ChannelStats Stats() const {
    return {.committed = committed_.Get(),
            .received = received_.Get(),
            .refused = refused_.Get(),
            .overwritten = overwritten_.Get(),
            .queued = queue_.size(),
            .pool = pool_.Stats()};
  }
  // Blocks; and how many of them may be committed at once. [wait-free; O(1)]
  [[nodiscard]] static constexpr std::size_t capacity() { return N; }
  [[nodiscard]] static constexpr std::size_t depth() { return kDepth; }

  // The pool beneath, to be looked at: Audit, ResetPeak, LooksFree and so on. What is
  // allocated there can be committed by an Owner(pool, block), if a T is in it.
  // [wait-free; O(1)]
  [[nodiscard]] Pool& pool() { return pool_; }
  [[nodiscard]] Storage& storage() {
    if constexpr (std::is_trivially_destructible_v<T>) {
      return pool_;
    } else {
      return pool_.storage();
    }
  }

 private:
  static constexpr std::size_t kDepth = kOptions.depth < N ? kOptions.depth : N;

  template <class... Arguments>
  COREPOOL_INLINE Owner Construct(T* block, Arguments&&... arguments) {
    if (block == nullptr) [[unlikely]]
      return {};
    PoolPtr<T, Storage> raw(storage(), block);  // if the constructor throws
    T* object;
    if constexpr (sizeof...(Arguments) == 0) {
      object = ::new (static_cast<void*>(block)) T;
    } else {
      object =
          ::new (static_cast<void*>(block)) T(std::forward<Arguments>(arguments)...);
    }
    (void)raw.release();
    return {pool_, object};
  }

  // Without the object that was in it.
  COREPOOL_COLD T* TakeOldest() {
    lockfree::Index index;
    if (!queue_.Dequeue(index)) return nullptr;
    overwritten_.Add(1);
    T* const block = pool_.BlockAt(index);
    if constexpr (!std::is_trivially_destructible_v<T>) block->~T();
    return block;
  }

  // It may be back in its pool by now; this looks at nothing but the owner.
  COREPOOL_INLINE void Committed(Owner& owner) {
    (void)owner.release();
    committed_.Add(1);
    if constexpr (kAwaited) internal::WakeConsumer(kWaiters->table());
  }

  COREPOOL_INLINE Owner Received(lockfree::Index index) {
    received_.Add(1);
    return {pool_, pool_.BlockAt(index)};
  }

  COREPOOL_COLD Error Refuse(const Owner& owner) const {
    if (!owner) return Error::kNullMemory;
    ReportMisuse({.kind = Error::kForeignPointer,
                  .pool = this,
                  .pool_name = "",
                  .block = owner.get(),
                  .index = kNoIndex,
                  .core = port::Port::CoreIndex(),
                  .context = nullptr},
                 nullptr);
    return Error::kForeignPointer;
  }

  Pool pool_{};
  StaticMpmcQueue<lockfree::Index, kDepth, 0> queue_{};
  lockfree::Counter committed_{};
  lockfree::Counter refused_{};
  lockfree::Counter overwritten_{};
  lockfree::Counter received_{};
};

}  // namespace corepool

#endif  // COREPOOL_CHANNEL_H_
