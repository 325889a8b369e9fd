// Alarms at levels of used blocks: told once for each crossing, without locks.

#ifndef COREPOOL_ENGINE_ALARMS_H_
#define COREPOOL_ENGINE_ALARMS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// The levels that hooks ask for, in used blocks.
struct AlarmLevels {
  lockfree::Word raise_at;    // raised when so many or more are used
  lockfree::Word calm_below;  // at most raise_at; normal when fewer are used
};
// Of no alarm.
inline constexpr AlarmLevels kNoAlarm{~lockfree::Word{0}, 0};

// False if the hooks ask for what cannot be: a level that is never crossed.
bool AreValid(const PoolHooks& hooks, std::size_t capacity);
AlarmLevels UsageLevels(const PoolHooks& hooks, std::size_t capacity);
AlarmLevels FreeLevels(const PoolHooks& hooks, std::size_t capacity);

// One word says how often an alarm has changed: it is raised if that is odd. A step is
// a change of the number of used blocks by one atomic read-modify-write; its context
// looks at the word before the step, and notes the step afterwards.
//
// Each change of the word is a compare-and-swap from a value that it had held since
// before the number was seen that justifies the change. So events follow a true history
// of that number, and no crossing is told twice.
//
// Why alarms and number agree at rest: who crosses a level swaps the word for itself at
// least, after the step (E15); who changes it looks at the number once more. Of the
// two, whoever comes second in the word's order sees what the other has done.
//
// Lock-free: a swap fails only because another context has changed the alarm.
class Alarms {
 public:
  using Word = lockfree::Word;
  struct Seen {
    Word usage;
    Word free;
  };

  constexpr Alarms() = default;

  // Alarms off, unless hooks->on_event is set. `hooks` and `name` must outlive this.
  // Not concurrently with anything.
  void Init(const PoolHooks& hooks, const void* pool, const char* name,
            std::size_t capacity);

  // Events name this object as the pool. Not concurrently with anything.
  void SetPool(const void* pool) { pool_ = pool; }

  // Before a step.
  Seen Look() const {
    // Pairs with: E15 releases.
    return {usage_.changes.load(lockfree::kAcquire),
            free_.changes.load(lockfree::kAcquire)};
  }
  // After a step that led from `before` used blocks to `after`. `level` returns how
  // many are used now.
  template <class Level>
  void Note(const Seen& seen, Word before, Word after, const Level& level) {
    NoteOne(usage_, seen.usage, before, after, level);
    NoteOne(free_, seen.free, before, after, level);
  }
  // A step by `change`, modulo 2^(bits of a Word), of a word that is the number of used
  // blocks; what it is then.
  Word Step(lockfree::Atomic<Word>& used, Word change);

  // Without a step.
  template <class Level>
  void Settle(const Level& level) {
    const Seen seen = Look();
    Follow(usage_, seen.usage, level(), level);
    Follow(free_, seen.free, level(), level);
  }

  void TellExhausted(std::size_t used) const;

 private:
  struct Alarm {
    PoolEventKind raised;
    PoolEventKind normal;
    AlarmLevels levels = kNoAlarm;
    lockfree::Atomic<Word> changes{};
  };

  // Whether an alarm that has changed so often must change at such a level.
  static bool Differs(const AlarmLevels& levels, Word changes, Word used) {
    return changes % 2 == 0 ? used >= levels.raise_at : used < levels.calm_below;
  }

  template <class Level>
  void NoteOne(Alarm& alarm, Word seen, Word before, Word after, const Level& level) {
    const AlarmLevels& levels = alarm.levels;
    const bool crossed = (before < levels.raise_at) != (after < levels.raise_at) ||
                         (before < levels.calm_below) != (after < levels.calm_below);
    if (crossed || Differs(levels, seen, after)) Follow(alarm, seen, after, level);
  }

  // `used` was seen after `seen`.
  template <class Level>
  void Follow(Alarm& alarm, Word seen, Word used, const Level& level) {
    for (;;) {
      const bool differs = Differs(alarm.levels, seen, used);
      const Word wanted = seen + (differs ? 1 : 0);
      // E15. Pairs with: acquire here and in Look.
      if (alarm.changes.compare_exchange_strong(seen, wanted, lockfree::kAcqRel,
                                                lockfree::kAcquire)) {
        if (!differs) return;
        seen = wanted;
        Tell(wanted % 2 != 0 ? alarm.raised : alarm.normal, used, wanted);
      }
      used = level();
    }
  }

  void Tell(PoolEventKind kind, Word used, Word number) const;

  Alarm usage_{PoolEventKind::kUsageHigh, PoolEventKind::kUsageNormal};
  Alarm free_{PoolEventKind::kFreeLow, PoolEventKind::kFreeNormal};
  const PoolHooks* hooks_ = nullptr;
  const void* pool_ = nullptr;
  const char* name_ = "";
  std::size_t capacity_ = 0;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_ALARMS_H_
