#include "corepool/c/wait.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/wait_box.h"
#include "corepool/futex_wait.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/futex.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"

namespace corepool::c {
namespace {

// A port of C behind one of C++, whose context it is.
Ticks Now(void* context) {
  const auto& port = *static_cast<const corepool_wait_port_t*>(context);
  return port.now(port.context);
}
corepool_wait_place_t ForC(const WaitPlace& place) {
  return {.number = place.number,
          .signal = reinterpret_cast<corepool_wait_signal_t*>(place.signal)};
}
void Sleep(void* context, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
  const auto& port = *static_cast<const corepool_wait_port_t*>(context);
  const corepool_wait_place_t copy = ForC(place);
  port.sleep(port.context, &copy, seen, deadline);
}
void Wake(void* context, const WaitPlace& place) {
  const auto& port = *static_cast<const corepool_wait_port_t*>(context);
  const corepool_wait_place_t copy = ForC(place);
  port.wake(port.context, &copy);
}

// `copy` is where a port of C is kept. An incomplete one is no port.
WaitersOptions OptionsFor(const corepool_waiters_options_t& options,
                          corepool_wait_port_t& copy) {
  WaitersOptions result;
  result.most_waiters = options.most_waiters;
  result.strict_order = options.strict_order;
  if (options.port == nullptr) {
    if (port::Futex::IsThere()) result.port = kFutexWaitPort;
    return result;
  }
  copy = *options.port;
  if (copy.now == nullptr || copy.sleep == nullptr || copy.wake == nullptr) {
    return result;
  }
  result.port = {.now = &Now, .sleep = &Sleep, .wake = &Wake, .context = &copy};
  if (copy.ticks_per_second != 0) result.port.ticks_per_second = copy.ticks_per_second;
  return result;
}

WaitersOptions OptionsFor(const corepool_waiters_options_t& options) {
  WaitersOptions result;
  result.most_waiters = options.most_waiters;
  return result;
}

static_assert(COREPOOL_NO_WAIT == kNoWait && COREPOOL_FOREVER == kForever);
static_assert(RequiredBytes(WaitersOptions{.most_waiters = 1}) <=
                  COREPOOL_WAIT_PLACE_BYTES &&
              RequiredAlignment(WaitersOptions{}) <= 8);

}  // namespace

Waiters* WaitersOf(corepool_waiters_t* waiters) {
  return waiters == nullptr ? nullptr : &Of(waiters);
}

}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

uint32_t corepool_wait_signal_value(const corepool_wait_signal_t* signal) {
  // Pairs with: what the table releases before it changes the signal (wait_table.h).
  return reinterpret_cast<const corepool::WaitSignal*>(signal)->load(
      corepool::lockfree::kAcquire);
}

size_t corepool_waiters_required_bytes(const corepool_waiters_options_t* options) {
  return corepool::RequiredBytes(c::OptionsFor(*options));
}

size_t corepool_waiters_required_alignment(const corepool_waiters_options_t* options) {
  return corepool::RequiredAlignment(c::OptionsFor(*options));
}

corepool_error_t corepool_waiters_init(corepool_waiters_t* waiters,
                                       const corepool_waiters_options_t* options,
                                       void* memory, size_t bytes) {
  using Box = c::Box<corepool_waiters_t>;
  corepool::Waiters& table = Box::Make(waiters);
  if (table.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  return c::ForC(table.Init(c::OptionsFor(*options, Box::RestOf(waiters)),
                            c::Bytes(memory, bytes)));
}

corepool_error_t corepool_waiters_deinit(corepool_waiters_t* waiters) {
  return c::ForC(Of(waiters).Deinit());
}

bool corepool_waiters_is_initialized(const corepool_waiters_t* waiters) {
  return Of(waiters).is_initialized();
}

corepool_ticks_t corepool_waiters_now(const corepool_waiters_t* waiters) {
  return Of(waiters).Now();
}

corepool_ticks_t corepool_waiters_ticks_per_second(const corepool_waiters_t* waiters) {
  return Of(waiters).ticks_per_second();
}

size_t corepool_waiters_count(const corepool_waiters_t* waiters) {
  return Of(waiters).Count();
}
