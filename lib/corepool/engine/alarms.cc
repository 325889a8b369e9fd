#include "corepool/engine/alarms.h"

#include <cstddef>
#include <cstdint>

#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {
namespace {

using lockfree::Word;

// `percent` of the capacity, rounded up.
Word PartOf(std::size_t capacity, std::uint8_t percent) {
  return static_cast<Word>((std::uint64_t{capacity} * percent + 99) / 100);
}

}  // namespace

bool AreValid(const PoolHooks& hooks, std::size_t capacity) {
  if (hooks.usage_percent > 100) return false;
  if (hooks.low_free == kNoLowFree || capacity == 0) return true;
  return hooks.low_free < capacity && hooks.rearm_free < capacity;
}

AlarmLevels UsageLevels(const PoolHooks& hooks, std::size_t capacity) {
  if (hooks.usage_percent == 0 || capacity == 0) return kNoAlarm;
  const std::uint8_t rearm = hooks.rearm_percent < hooks.usage_percent
                                 ? hooks.rearm_percent
                                 : hooks.usage_percent;
  const Word calm = PartOf(capacity, rearm);
  return {PartOf(capacity, hooks.usage_percent), calm == 0 ? Word{1} : calm};
}

AlarmLevels FreeLevels(const PoolHooks& hooks, std::size_t capacity) {
  if (hooks.low_free == kNoLowFree || capacity == 0) return kNoAlarm;
  const std::size_t rearm =
      hooks.rearm_free > hooks.low_free ? hooks.rearm_free : hooks.low_free;
  return {static_cast<Word>(capacity - hooks.low_free),
          static_cast<Word>(capacity - rearm)};
}

void Alarms::Init(const PoolHooks& hooks, const void* pool, const char* name,
                  std::size_t capacity) {
  hooks_ = &hooks;
  pool_ = pool;
  name_ = name;
  capacity_ = capacity;
  const bool told = hooks.on_event != nullptr;
  usage_.levels = told ? UsageLevels(hooks, capacity) : kNoAlarm;
  free_.levels = told ? FreeLevels(hooks, capacity) : kNoAlarm;
  usage_.changes.store(0, lockfree::kRelaxed);
  free_.changes.store(0, lockfree::kRelaxed);
}

Word Alarms::Step(lockfree::Atomic<Word>& used, Word change) {
  const Seen seen = Look();
  // Pairs with: E9 release in CacheState::ResetPeak.
  const Word before = used.fetch_add(change, lockfree::kAcqRel);
  const Word after = before + change;
  Note(seen, before, after, [&used] { return used.load(lockfree::kRelaxed); });
  return after;
}

void Alarms::TellExhausted(std::size_t used) const {
  Tell(PoolEventKind::kExhausted, static_cast<Word>(used), 0);
}

void Alarms::Tell(PoolEventKind kind, Word used, Word number) const {
  // More may be set aside than there are blocks.
  const std::size_t most =
      used < capacity_ ? static_cast<std::size_t>(used) : capacity_;
  hooks_->on_event({.kind = kind,
                    .pool = pool_,
                    .pool_name = name_,
                    .used = most,
                    .free = capacity_ - most,
                    .capacity = capacity_,
                    .number = static_cast<std::size_t>(number),
                    .context = hooks_->context});
}

}  // namespace corepool::engine
