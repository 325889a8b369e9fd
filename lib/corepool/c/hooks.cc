#include "corepool/c/hooks.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/callbacks.h"
#include "corepool/c/internal/convert.h"
#include "corepool/hooks.h"

namespace corepool::c {
namespace {

static_assert(static_cast<int>(COREPOOL_EVENT_USAGE_HIGH) ==
                  static_cast<int>(PoolEventKind::kUsageHigh) &&
              static_cast<int>(COREPOOL_EVENT_USAGE_NORMAL) ==
                  static_cast<int>(PoolEventKind::kUsageNormal) &&
              static_cast<int>(COREPOOL_EVENT_FREE_LOW) ==
                  static_cast<int>(PoolEventKind::kFreeLow) &&
              static_cast<int>(COREPOOL_EVENT_FREE_NORMAL) ==
                  static_cast<int>(PoolEventKind::kFreeNormal) &&
              static_cast<int>(COREPOOL_EVENT_EXHAUSTED) ==
                  static_cast<int>(PoolEventKind::kExhausted));

void TellEvent(const PoolEvent& event) {
  const auto& hooks = *static_cast<const corepool_pool_hooks_t*>(event.context);
  const corepool_pool_event_t copy = {
      .kind = static_cast<corepool_event_kind_t>(event.kind),
      .pool = event.pool,
      .pool_name = event.pool_name,
      .used = event.used,
      .free = event.free,
      .capacity = event.capacity,
      .number = event.number,
      .context = hooks.context};
  hooks.on_event(&copy);
}

FreeDecision AskFree(const FreeRequest& request) {
  const auto& hooks = *static_cast<const corepool_pool_hooks_t*>(request.context);
  const corepool_free_request_t copy = {.pool = request.pool,
                                        .pool_name = request.pool_name,
                                        .block = request.block,
                                        .index = request.index,
                                        .context = hooks.context};
  return hooks.on_free(&copy) == COREPOOL_TAKEN ? FreeDecision::kTaken
                                                : FreeDecision::kFree;
}

// Neither of 0 to 100 nor any of them stays a percentage that is refused.
std::uint8_t Percent(unsigned percent, unsigned otherwise) {
  if (percent == 0) return static_cast<std::uint8_t>(otherwise);
  if (percent == COREPOOL_NO_ALARM) return 0;
  return static_cast<std::uint8_t>(percent > 0xff ? 0xff : percent);
}

}  // namespace

PoolHooks HooksOf(const corepool_pool_hooks_t* hooks) {
  const PoolHooks defaults;
  return {
      .on_event = hooks->on_event == nullptr ? nullptr : &TellEvent,
      .on_free = hooks->on_free == nullptr ? nullptr : &AskFree,
      // Both only read it.
      .context = const_cast<corepool_pool_hooks_t*>(hooks),
      .usage_percent = Percent(hooks->usage_percent, defaults.usage_percent),
      .rearm_percent = Percent(hooks->rearm_percent, defaults.rearm_percent),
      .low_free = OrDefault(hooks->low_free, kNoLowFree, COREPOOL_WHEN_NONE_IS_FREE),
      .rearm_free = hooks->rearm_free};
}

}  // namespace corepool::c
