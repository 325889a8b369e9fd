#include "corepool/hosted/baton.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "corepool/wait_port.h"
#include "corepool_zephyr.h"
#include "corepool_zephyr_baton.h"

namespace {

using corepool::hosted::Baton;

std::optional<Baton>& TheBaton() {
  static std::optional<Baton> baton;
  return baton;
}

// The signal as the port wants it: C has seen it as something const.
corepool::WaitPlace PlaceOf(std::size_t place, const void* signal) {
  return {place, static_cast<corepool::WaitSignal*>(const_cast<void*>(signal))};
}

}  // namespace

void corepool_zephyr_baton_begin() {
  static corepool::WaitPort port;
  port = TheBaton().emplace().port();
  const corepool_zephyr_port c_port = {
      .now = [](void*) { return port.now(port.context); },
      .sleep =
          [](void*, std::size_t place, const void* signal, std::uint32_t seen,
             std::uint64_t deadline) {
            port.sleep(port.context, PlaceOf(place, signal), seen, deadline);
          },
      .wake =
          [](void*, std::size_t place, const void* signal) {
            port.wake(port.context, PlaceOf(place, signal));
          },
      .context = nullptr,
      .units_per_second = port.ticks_per_second,
      .priority = nullptr};
  corepool_zephyr_set_port(&c_port);
}

void corepool_zephyr_baton_start(kpriority_t priority, void (*body)(void*),
                                 void* argument) {
  TheBaton()->Start(static_cast<int>(priority), [priority, body, argument] {
    corepool_zephyr_set_priority(static_cast<int>(priority));
    body(argument);
  });
}

void corepool_zephyr_baton_advance(std::int32_t ticks) {
  if (ticks > 0) TheBaton()->Advance(static_cast<corepool::Ticks>(ticks));
}

void corepool_zephyr_baton_end() {
  TheBaton().reset();
  corepool_zephyr_set_port(nullptr);
}
