// Queues from any number of producers to any number of consumers: corepool/mpmc_queue.h
// and queue_wait.h in C. Of pointers; and, for less memory and time, of 32-bit numbers,
// such as indices of blocks.

#ifndef COREPOOL_C_MPMC_QUEUE_H_
#define COREPOOL_C_MPMC_QUEUE_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/options.h"
#include "corepool/c/storage.h"
#include "corepool/c/wait.h"

#ifdef __cplusplus
extern "C" {
#endif

// Of corepool_mpmc_options_t::spares: none at all.
#define COREPOOL_NO_SPARES ((size_t)-2)

typedef struct corepool_mpmc_options_t {
  size_t capacity;  // values; 0 is legal: full and empty for ever
  size_t spares;    // of pointers, 16 bytes each: the queue takes `capacity` values
                    // whatever happens as long as no more than so many contexts are in
                    // the middle of enqueue at once; 0 counts as 8
} corepool_mpmc_options_t;

// All-zero, they are queues of capacity 0.
typedef struct corepool_mpmc_queue_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_MPMC_QUEUE_BYTES];
} corepool_mpmc_queue_t;

typedef struct corepool_mpmc_index_queue_t {
  alignas(
      COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_MPMC_INDEX_QUEUE_BYTES];
} corepool_mpmc_index_queue_t;

// [default: any; lock-free]

// Bytes of memory that init needs, 0 if there cannot be such a queue, and what it must
// be aligned to. [any; wait-free; O(1)]
size_t corepool_mpmc_queue_required_bytes(const corepool_mpmc_options_t* options);
size_t corepool_mpmc_queue_alignment(void);

// Makes it an empty queue in `memory`, which must stay valid until deinit.
// COREPOOL_INVALID_COUNT, COREPOOL_NULL_MEMORY, COREPOOL_MISALIGNED_MEMORY,
// COREPOOL_MEMORY_TOO_SMALL, COREPOOL_ALREADY_INITIALIZED. [alone; O(capacity)]
corepool_error_t corepool_mpmc_queue_init(corepool_mpmc_queue_t* queue,
                                          const corepool_mpmc_options_t* options,
                                          void* memory, size_t bytes);
// Gives the memory back. Values still in it are forgotten. COREPOOL_NOT_INITIALIZED.
// [alone; O(1)]
corepool_error_t corepool_mpmc_queue_deinit(corepool_mpmc_queue_t* queue);
// [any; wait-free; O(1)]
bool corepool_mpmc_queue_is_initialized(const corepool_mpmc_queue_t* queue);
size_t corepool_mpmc_queue_capacity(const corepool_mpmc_queue_t* queue);
int corepool_mpmc_queue_round_bits(const corepool_mpmc_queue_t* queue);

// False, and nothing has happened, if the queue is full: there was an instant during
// the call at which it held `capacity` values (see corepool/mpmc_queue.h).
// [O(1), 1-2 RMW; O(log capacity) after a context stood still for long, O(capacity) if
// the spares were used up]
bool corepool_mpmc_queue_enqueue(corepool_mpmc_queue_t* queue, void* value);
// False, and `value` is as before, if the queue is empty: there was an instant at which
// every value had been dequeued.
// [O(1), 1 RMW; O(log capacity) after a context stood still for long]
bool corepool_mpmc_queue_dequeue(corepool_mpmc_queue_t* queue, void** value);
// One by one, until the queue is full, or empty: how many. [O(count); each by itself]
size_t corepool_mpmc_queue_enqueue_up_to(corepool_mpmc_queue_t* queue,
                                         void* const* values, size_t count);
size_t corepool_mpmc_queue_dequeue_up_to(corepool_mpmc_queue_t* queue, void** values,
                                         size_t count);

// At some instant during the call; exact if nobody enqueues or dequeues meanwhile.
// [O(1), 0 RMW; O(log capacity) after a context stood still for long]
bool corepool_mpmc_queue_empty(const corepool_mpmc_queue_t* queue);
size_t corepool_mpmc_queue_size(const corepool_mpmc_queue_t* queue);

// As enqueue; then the most urgent of those who wait is woken.
// [any; lock-free; O(waiters); as enqueue while nobody waits]
bool corepool_mpmc_queue_enqueue_and_wake(corepool_mpmc_queue_t* queue,
                                          corepool_waiters_t* waiters, void* value);
// As dequeue if there is a value; if not, waits for one. COREPOOL_QUEUE_EMPTY (and the
// deadline is COREPOOL_NO_WAIT or the capacity 0), COREPOOL_TIMED_OUT,
// COREPOOL_TOO_MANY, COREPOOL_NOT_INITIALIZED (the waiters).
// [threads; blocking; O(waiters)]
corepool_error_t corepool_mpmc_queue_dequeue_until(corepool_mpmc_queue_t* queue,
                                                   corepool_waiters_t* waiters,
                                                   void** value,
                                                   corepool_ticks_t deadline,
                                                   uint8_t priority);
// Nobody will wait for this queue any more: `waiters` may be another's, or end. Only
// while nobody waits. [threads; wait-free; O(1)]
void corepool_mpmc_queue_forget_consumers(corepool_mpmc_queue_t* queue,
                                          corepool_waiters_t* waiters);

// The same, of 32-bit numbers.

// Bytes of memory that init needs, 0 if there cannot be such a queue, and what it must
// be aligned to. [any; wait-free; O(1)]
size_t corepool_mpmc_index_queue_required_bytes(const corepool_mpmc_options_t* options);
size_t corepool_mpmc_index_queue_alignment(void);

// Makes it an empty queue in `memory`, which must stay valid until deinit.
// COREPOOL_INVALID_COUNT, COREPOOL_NULL_MEMORY, COREPOOL_MISALIGNED_MEMORY,
// COREPOOL_MEMORY_TOO_SMALL, COREPOOL_ALREADY_INITIALIZED. [alone; O(capacity)]
corepool_error_t corepool_mpmc_index_queue_init(corepool_mpmc_index_queue_t* queue,
                                                const corepool_mpmc_options_t* options,
                                                void* memory, size_t bytes);
// Gives the memory back. Values still in it are forgotten. COREPOOL_NOT_INITIALIZED.
// [alone; O(1)]
corepool_error_t corepool_mpmc_index_queue_deinit(corepool_mpmc_index_queue_t* queue);
// [any; wait-free; O(1)]
bool corepool_mpmc_index_queue_is_initialized(const corepool_mpmc_index_queue_t* queue);
size_t corepool_mpmc_index_queue_capacity(const corepool_mpmc_index_queue_t* queue);
int corepool_mpmc_index_queue_round_bits(const corepool_mpmc_index_queue_t* queue);

// False, and nothing has happened, if the queue is full: there was an instant during
// the call at which it held `capacity` values (see corepool/mpmc_queue.h).
// [O(1), 1 RMW; O(log capacity) after a context stood still for long, O(capacity) if
// the spares were used up]
bool corepool_mpmc_index_queue_enqueue(corepool_mpmc_index_queue_t* queue,
                                       uint32_t value);
// False, and `value` is as before, if the queue is empty: there was an instant at which
// every value had been dequeued.
// [O(1), 1 RMW; O(log capacity) after a context stood still for long]
bool corepool_mpmc_index_queue_dequeue(corepool_mpmc_index_queue_t* queue,
                                       uint32_t* value);
// One by one, until the queue is full, or empty: how many. [O(count); each by itself]
size_t corepool_mpmc_index_queue_enqueue_up_to(corepool_mpmc_index_queue_t* queue,
                                               const uint32_t* values, size_t count);
size_t corepool_mpmc_index_queue_dequeue_up_to(corepool_mpmc_index_queue_t* queue,
                                               uint32_t* values, size_t count);

// At some instant during the call; exact if nobody enqueues or dequeues meanwhile.
// [O(1), 0 RMW; O(log capacity) after a context stood still for long]
bool corepool_mpmc_index_queue_empty(const corepool_mpmc_index_queue_t* queue);
size_t corepool_mpmc_index_queue_size(const corepool_mpmc_index_queue_t* queue);

// As enqueue; then the most urgent of those who wait is woken.
// [any; lock-free; O(waiters); as enqueue while nobody waits]
bool corepool_mpmc_index_queue_enqueue_and_wake(corepool_mpmc_index_queue_t* queue,
                                                corepool_waiters_t* waiters,
                                                uint32_t value);
// As dequeue if there is a value; if not, waits for one. COREPOOL_QUEUE_EMPTY (and the
// deadline is COREPOOL_NO_WAIT or the capacity 0), COREPOOL_TIMED_OUT,
// COREPOOL_TOO_MANY, COREPOOL_NOT_INITIALIZED (the waiters).
// [threads; blocking; O(waiters)]
corepool_error_t corepool_mpmc_index_queue_dequeue_until(
    corepool_mpmc_index_queue_t* queue, corepool_waiters_t* waiters, uint32_t* value,
    corepool_ticks_t deadline, uint8_t priority);
// Nobody will wait for this queue any more: `waiters` may be another's, or end. Only
// while nobody waits. [threads; wait-free; O(1)]
void corepool_mpmc_index_queue_forget_consumers(corepool_mpmc_index_queue_t* queue,
                                                corepool_waiters_t* waiters);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_MPMC_QUEUE_H_
