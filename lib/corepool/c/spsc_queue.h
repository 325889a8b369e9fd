// Queues of pointers from one producer to one consumer, each of which may be an
// interrupt handler: corepool/spsc_queue.h in C.

#ifndef COREPOOL_C_SPSC_QUEUE_H_
#define COREPOOL_C_SPSC_QUEUE_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

// All-zero, it has no slots: it is full and empty for ever.
typedef struct corepool_spsc_queue_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_SPSC_QUEUE_BYTES];
} corepool_spsc_queue_t;

// [default: any; wait-free; O(1), 0 RMW]

// Makes it a queue of `capacity` values, in that many `slots`, which must stay valid
// until deinit. COREPOOL_NULL_MEMORY, COREPOOL_ALREADY_INITIALIZED.
// [alone; wait-free; O(1)]
corepool_error_t corepool_spsc_queue_init(corepool_spsc_queue_t* queue, void** slots,
                                          size_t capacity);
// Gives the slots back; values still in them are forgotten. COREPOOL_NOT_INITIALIZED.
// [alone; wait-free; O(1)]
corepool_error_t corepool_spsc_queue_deinit(corepool_spsc_queue_t* queue);

// False, and nothing has happened but that `refused` has grown, if the queue is full.
// [producer]
bool corepool_spsc_queue_enqueue(corepool_spsc_queue_t* queue, void* value);
// False, and `value` is as before, if the queue is empty. [consumer]
bool corepool_spsc_queue_dequeue(corepool_spsc_queue_t* queue, void** value);

// All of `values` at once, or none; as many as there is room for: how many.
// [producer; O(count), 0 RMW]
bool corepool_spsc_queue_enqueue_bulk(corepool_spsc_queue_t* queue, void* const* values,
                                      size_t count);
size_t corepool_spsc_queue_enqueue_up_to(corepool_spsc_queue_t* queue,
                                         void* const* values, size_t count);
// Fills all of `values`, or none; as many as there are: how many.
// [consumer; O(count), 0 RMW]
bool corepool_spsc_queue_dequeue_bulk(corepool_spsc_queue_t* queue, void** values,
                                      size_t count);
size_t corepool_spsc_queue_dequeue_up_to(corepool_spsc_queue_t* queue, void** values,
                                         size_t count);

// Values that were to be enqueued and were not, for want of room; modulo 2^32 where the
// CPU swaps no 64 bits.
uint64_t corepool_spsc_queue_refused(const corepool_spsc_queue_t* queue);

// How many values were in the queue at some instant during the call, if called by the
// producer or the consumer; elsewhere a number from 0 to the capacity.
size_t corepool_spsc_queue_size(const corepool_spsc_queue_t* queue);
bool corepool_spsc_queue_empty(const corepool_spsc_queue_t* queue);
size_t corepool_spsc_queue_capacity(const corepool_spsc_queue_t* queue);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_SPSC_QUEUE_H_
