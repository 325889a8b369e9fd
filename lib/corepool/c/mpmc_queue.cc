#include "corepool/c/mpmc_queue.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/box.h"
#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/wait_box.h"
#include "corepool/mpmc_queue.h"
#include "corepool/queue_wait.h"

namespace corepool::c {

template <>
struct Contents<corepool_mpmc_queue_t> {
  using Object = MpmcQueue<void*>;
  using Rest = Nothing;
};
template <>
struct Contents<corepool_mpmc_index_queue_t> {
  using Object = MpmcQueue<std::uint32_t>;
  using Rest = Nothing;
};

static_assert(COREPOOL_NO_SPARES == kNone);

static MpmcOptions FromC(const corepool_mpmc_options_t& options) {
  return {.capacity = options.capacity,
          .spares = OrDefault(options.spares, MpmcOptions{}.spares, kNone)};
}

}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

size_t corepool_mpmc_queue_required_bytes(const corepool_mpmc_options_t* options) {
  return corepool::MpmcQueue<void*>::RequiredBytes(c::FromC(*options));
}

size_t corepool_mpmc_queue_alignment(void) {
  return corepool::MpmcQueue<void*>::kAlignment;
}

corepool_error_t corepool_mpmc_queue_init(corepool_mpmc_queue_t* queue,
                                          const corepool_mpmc_options_t* options,
                                          void* memory, size_t bytes) {
  return c::ForC(c::Box<corepool_mpmc_queue_t>::Make(queue).Init(
      c::FromC(*options), c::Bytes(memory, bytes)));
}

corepool_error_t corepool_mpmc_queue_deinit(corepool_mpmc_queue_t* queue) {
  return c::ForC(Of(queue).Deinit());
}

bool corepool_mpmc_queue_is_initialized(const corepool_mpmc_queue_t* queue) {
  return Of(queue).is_initialized();
}

size_t corepool_mpmc_queue_capacity(const corepool_mpmc_queue_t* queue) {
  return Of(queue).capacity();
}

int corepool_mpmc_queue_round_bits(const corepool_mpmc_queue_t* queue) {
  return Of(queue).round_bits();
}

bool corepool_mpmc_queue_enqueue(corepool_mpmc_queue_t* queue, void* value) {
  return Of(queue).Enqueue(value);
}

bool corepool_mpmc_queue_dequeue(corepool_mpmc_queue_t* queue, void** value) {
  return Of(queue).Dequeue(*value);
}

size_t corepool_mpmc_queue_enqueue_up_to(corepool_mpmc_queue_t* queue,
                                         void* const* values, size_t count) {
  return Of(queue).EnqueueUpTo({values, count});
}

size_t corepool_mpmc_queue_dequeue_up_to(corepool_mpmc_queue_t* queue, void** values,
                                         size_t count) {
  return Of(queue).DequeueUpTo({values, count});
}

bool corepool_mpmc_queue_empty(const corepool_mpmc_queue_t* queue) {
  return Of(queue).empty();
}

size_t corepool_mpmc_queue_size(const corepool_mpmc_queue_t* queue) {
  return Of(queue).size();
}

bool corepool_mpmc_queue_enqueue_and_wake(corepool_mpmc_queue_t* queue,
                                          corepool_waiters_t* waiters, void* value) {
  return corepool::EnqueueAndWake(Of(queue), Of(waiters), value);
}

corepool_error_t corepool_mpmc_queue_dequeue_until(corepool_mpmc_queue_t* queue,
                                                   corepool_waiters_t* waiters,
                                                   void** value,
                                                   corepool_ticks_t deadline,
                                                   uint8_t priority) {
  return c::ForC(
      corepool::DequeueUntil(Of(queue), Of(waiters), *value, deadline, priority));
}

void corepool_mpmc_queue_forget_consumers(corepool_mpmc_queue_t* queue,
                                          corepool_waiters_t* waiters) {
  corepool::ForgetConsumers(Of(queue), Of(waiters));
}

size_t corepool_mpmc_index_queue_required_bytes(
    const corepool_mpmc_options_t* options) {
  return corepool::MpmcQueue<uint32_t>::RequiredBytes(c::FromC(*options));
}

size_t corepool_mpmc_index_queue_alignment(void) {
  return corepool::MpmcQueue<uint32_t>::kAlignment;
}

corepool_error_t corepool_mpmc_index_queue_init(corepool_mpmc_index_queue_t* queue,
                                                const corepool_mpmc_options_t* options,
                                                void* memory, size_t bytes) {
  return c::ForC(c::Box<corepool_mpmc_index_queue_t>::Make(queue).Init(
      c::FromC(*options), c::Bytes(memory, bytes)));
}

corepool_error_t corepool_mpmc_index_queue_deinit(corepool_mpmc_index_queue_t* queue) {
  return c::ForC(Of(queue).Deinit());
}

bool corepool_mpmc_index_queue_is_initialized(
    const corepool_mpmc_index_queue_t* queue) {
  return Of(queue).is_initialized();
}

size_t corepool_mpmc_index_queue_capacity(const corepool_mpmc_index_queue_t* queue) {
  return Of(queue).capacity();
}

int corepool_mpmc_index_queue_round_bits(const corepool_mpmc_index_queue_t* queue) {
  return Of(queue).round_bits();
}

bool corepool_mpmc_index_queue_enqueue(corepool_mpmc_index_queue_t* queue,
                                       uint32_t value) {
  return Of(queue).Enqueue(value);
}

bool corepool_mpmc_index_queue_dequeue(corepool_mpmc_index_queue_t* queue,
                                       uint32_t* value) {
  return Of(queue).Dequeue(*value);
}

size_t corepool_mpmc_index_queue_enqueue_up_to(corepool_mpmc_index_queue_t* queue,
                                               const uint32_t* values, size_t count) {
  return Of(queue).EnqueueUpTo({values, count});
}

size_t corepool_mpmc_index_queue_dequeue_up_to(corepool_mpmc_index_queue_t* queue,
                                               uint32_t* values, size_t count) {
  return Of(queue).DequeueUpTo({values, count});
}

bool corepool_mpmc_index_queue_empty(const corepool_mpmc_index_queue_t* queue) {
  return Of(queue).empty();
}

size_t corepool_mpmc_index_queue_size(const corepool_mpmc_index_queue_t* queue) {
  return Of(queue).size();
}

bool corepool_mpmc_index_queue_enqueue_and_wake(corepool_mpmc_index_queue_t* queue,
                                                corepool_waiters_t* waiters,
                                                uint32_t value) {
  return corepool::EnqueueAndWake(Of(queue), Of(waiters), value);
}

corepool_error_t corepool_mpmc_index_queue_dequeue_until(
    corepool_mpmc_index_queue_t* queue, corepool_waiters_t* waiters, uint32_t* value,
    corepool_ticks_t deadline, uint8_t priority) {
  return c::ForC(
      corepool::DequeueUntil(Of(queue), Of(waiters), *value, deadline, priority));
}

void corepool_mpmc_index_queue_forget_consumers(corepool_mpmc_index_queue_t* queue,
                                                corepool_waiters_t* waiters) {
  corepool::ForgetConsumers(Of(queue), Of(waiters));
}
