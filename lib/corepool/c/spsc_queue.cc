#include "corepool/c/spsc_queue.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/c/error.h"
#include "corepool/c/internal/box.h"
#include "corepool/spsc_queue.h"

namespace corepool::c {

template <>
struct Contents<corepool_spsc_queue_t> {
  using Object = SpscQueue<void*>;
  using Rest = Nothing;
};

}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;
using Queue = corepool::SpscQueue<void*>;

// Queues of C++ have no Init: they are made with their slots.
corepool_error_t corepool_spsc_queue_init(corepool_spsc_queue_t* queue, void** slots,
                                          size_t capacity) {
  using Box = c::Box<corepool_spsc_queue_t>;
  if (Box::IsMade(queue)) return COREPOOL_ALREADY_INITIALIZED;
  if (slots == nullptr && capacity != 0) return COREPOOL_NULL_MEMORY;
  Box::Make(queue, std::span(slots, capacity));
  return COREPOOL_OK;
}

corepool_error_t corepool_spsc_queue_deinit(corepool_spsc_queue_t* queue) {
  using Box = c::Box<corepool_spsc_queue_t>;
  if (!Box::IsMade(queue)) return COREPOOL_NOT_INITIALIZED;
  Box::Unmake(queue);
  return COREPOOL_OK;
}

bool corepool_spsc_queue_enqueue(corepool_spsc_queue_t* queue, void* value) {
  return Of(queue).Enqueue(value);
}

bool corepool_spsc_queue_dequeue(corepool_spsc_queue_t* queue, void** value) {
  return Of(queue).Dequeue(*value);
}

bool corepool_spsc_queue_enqueue_bulk(corepool_spsc_queue_t* queue, void* const* values,
                                      size_t count) {
  return Of(queue).EnqueueBulk({values, count});
}

size_t corepool_spsc_queue_enqueue_up_to(corepool_spsc_queue_t* queue,
                                         void* const* values, size_t count) {
  return Of(queue).EnqueueUpTo({values, count});
}

bool corepool_spsc_queue_dequeue_bulk(corepool_spsc_queue_t* queue, void** values,
                                      size_t count) {
  return Of(queue).DequeueBulk({values, count});
}

size_t corepool_spsc_queue_dequeue_up_to(corepool_spsc_queue_t* queue, void** values,
                                         size_t count) {
  return Of(queue).DequeueUpTo({values, count});
}

uint64_t corepool_spsc_queue_refused(const corepool_spsc_queue_t* queue) {
  return Of(queue).refused();
}

size_t corepool_spsc_queue_size(const corepool_spsc_queue_t* queue) {
  return Of(queue).size();
}

bool corepool_spsc_queue_empty(const corepool_spsc_queue_t* queue) {
  return Of(queue).empty();
}

size_t corepool_spsc_queue_capacity(const corepool_spsc_queue_t* queue) {
  return Of(queue).capacity();
}
