// Waiting for values of a queue: for a while or for ever, the most urgent first.
//
//   static constinit corepool::StaticWaiters<8> waiters(corepool::kFutexWaitPort);
//   static constinit corepool::StaticMpmcQueue<std::uint32_t, 64> received;
//   (void)corepool::EnqueueAndWake(received, waiters, 7u);  // anywhere
//   ...
//   std::uint32_t value;                                    // in a thread
//   if (DequeueUntil(received, waiters, value, corepool::kForever, 0) == Error::kOk)

#ifndef COREPOOL_QUEUE_WAIT_H_
#define COREPOOL_QUEUE_WAIT_H_

#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"

namespace corepool {

namespace internal {

// What a queue provides for its waiters. They are woken, and nothing is handed over:
// what was dequeued for a waiter that had just left could not go back to the front.
// Decision 19 has the proof that none sleeps while there is something for it.
template <class Queue>
struct QueueWait {
  using Value = typename Queue::Value;

  static bool HasSome(const void* queue, const engine::WaitRequest&,
                      engine::WaitHandle& handle, bool&) {
    handle = 0;
    return !static_cast<const Queue*>(queue)->empty();
  }
  static void DoNothing(const void*, engine::WaitHandle) {}
  static constexpr engine::WaitOperations kOperations{&HasSome, &DoNothing, true};

  COREPOOL_COLD static Error Wait(Queue& queue, engine::WaitTable& table, Value& value,
                                  Ticks deadline, std::uint8_t priority) {
    Error error = table.Attach(&queue, kOperations);
    while (error == Error::kOk) {
      engine::WaitHandle nothing = 0;
      error = table.Wait({}, deadline, priority, nothing);
      // Who has been woken tries, whatever the time is: nobody else may have been.
      if (error == Error::kOk && queue.Dequeue(value)) return Error::kOk;
    }
    return error;
  }
};

// After something was enqueued.
COREPOOL_INLINE void WakeConsumer(engine::WaitTable& table) {
  if (table.IsAwaited()) table.Serve(1);
}

}  // namespace internal

// A queue of any number of consumers (mpmc_queue.h) whose consumers wait takes its
// values by this, all of them. As Queue::Enqueue; and if it is true, the waiter with
// the lowest priority number is woken, of these the one that has waited longest. Any
// context that may wake (see WaitPort). While nobody waits, one load more than Enqueue.
// [any; lock-free; O(waiters); as Enqueue while nobody waits]
template <class Queue>
[[nodiscard]] COREPOOL_INLINE bool EnqueueAndWake(Queue& queue, Waiters& waiters,
                                                  typename Queue::Value value) {
  if (!queue.Enqueue(value)) return false;
  internal::WakeConsumer(waiters.table());
  return true;
}

// As Queue::Dequeue if there is a value; if not, waits for one. The table belongs to
// this queue from the first wait until ForgetConsumers.
//   kOk           `value` has been dequeued
//   kQueueEmpty   there is none, and the deadline is kNoWait or the capacity is 0
//   kTimedOut     the deadline has been reached
//   kTooMany      as many wait as may, or the table is another queue's or pool's
//   kNotInitialized, of `waiters`
// Values come in their order, to whoever dequeues: the thread that was woken, or one
// that did not wait and was quicker; then the former waits on, as the last of its
// priority (kTooMany if its place is gone). Such bad luck may repeat itself; but nobody
// sleeps while there is a value that nobody who is awake comes for.
// [threads; blocking; O(waiters)]
template <class Queue>
[[nodiscard]] Error DequeueUntil(Queue& queue, Waiters& waiters,
                                 typename Queue::Value& value, Ticks deadline,
                                 std::uint8_t priority) {
  if (queue.Dequeue(value)) return Error::kOk;
  if (deadline == kNoWait || queue.capacity() == 0) return Error::kQueueEmpty;
  return internal::QueueWait<Queue>::Wait(queue, waiters.table(), value, deadline,
                                          priority);
}

// Nobody will wait for this queue any more: `waiters` may be another's, or end. Only
// while nobody waits. [threads; wait-free; O(1)]
template <class Queue>
void ForgetConsumers(Queue& queue, Waiters& waiters) {
  waiters.table().Detach(&queue);
}

}  // namespace corepool

#endif  // COREPOOL_QUEUE_WAIT_H_
