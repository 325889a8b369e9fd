// What a pool with per-core caches consists of, besides what every pool does.

#ifndef COREPOOL_ENGINE_CACHE_PARTS_H_
#define COREPOOL_ENGINE_CACHE_PARTS_H_

#include <cstddef>

#include "corepool/config.h"
#include "corepool/engine/alarms.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"

namespace corepool::engine {

// Refers to a magazine: its distance from the area's beginning in bytes. 0 refers to
// none or, in a line, to the sentinel (see port::CoreArea).
using MagazineRef = lockfree::Word;
inline constexpr MagazineRef kNoMagazine = 0;

// One core's: the magazine that it allocates from and frees to, and one more, so that
// traffic about a magazine's edge does not go to the depot each time.
struct alignas(port::CoreArea::kLineBytes) CoreLine {
  lockfree::Atomic<lockfree::Word> current{};
  lockfree::Atomic<lockfree::Word> previous{};
};
static_assert(sizeof(CoreLine) == port::CoreArea::kLineBytes);

// Changes on slow paths only. All-zero: every block is on the pool's loose stack, all
// magazines are empty and in the depot.
struct CacheState {
  // The depot: magazines that are on no line, by number.
  alignas(port::Port::kInterferenceBytes)
      lockfree::BasicTaggedStack<lockfree::Fresh::kEmpty> filled;
  alignas(port::Port::kInterferenceBytes)
      lockfree::BasicTaggedStack<lockfree::Fresh::kFull> empty;

  // Blocks that are neither on the loose stack nor in a magazine of the depot or of a
  // line's second place: the allocated ones and those that a core has for itself.
  // Raised before they leave and lowered after they are back, so never too low.
  alignas(
      port::Port::kInterferenceBytes) lockfree::Atomic<lockfree::Word> outstanding{};
  lockfree::Maximum peak;  // highest number outstanding
  // Not 0 while blocks are so few that cores must not have any for themselves.
  lockfree::Atomic<lockfree::Word> pressure{};

  lockfree::Counter transitions;  // changes of headers that moved no block
  lockfree::Counter steals;       // blocks taken from another core's magazine

  Alarms* alarms = nullptr;  // by the number outstanding; fixed

  // Raise the peak to what TakeOut returned once the blocks are out.
  lockfree::Word TakeOut(lockfree::Word blocks) {
    if (COREPOOL_STATISTICS == 0 || blocks == 0) return 0;
    if (alarms != nullptr) [[unlikely]]
      return alarms->Step(outstanding, blocks);
    // Pairs with: E9 release in ResetPeak.
    return outstanding.fetch_add(blocks, lockfree::kAcqRel) + blocks;
  }
  void PutIn(lockfree::Word blocks) {
    if (COREPOOL_STATISTICS == 0 || blocks == 0) return;
    const lockfree::Word change = lockfree::Word{0} - blocks;
    if (alarms != nullptr) [[unlikely]] {
      alarms->Step(outstanding, change);
    } else {
      outstanding.fetch_add(change, lockfree::kRelaxed);
    }
  }
  // As it begins, but for `alarms`. Not concurrently with anything.
  void Reset() {
    filled.Reset();
    empty.Reset();
    outstanding.store(0, lockfree::kRelaxed);
    peak.Set(0);
    pressure.store(0, lockfree::kRelaxed);
    transitions.Reset();
    steals.Reset();
  }
  void ResetPeak() {
    lockfree::Word used = outstanding.load(lockfree::kRelaxed);
    lockfree::Word now = used;
    do {
      used = now;
      peak.Set(used);
      // E9. Pairs with: acquire in TakeOut: who takes out later raises what we stored.
      now = outstanding.fetch_add(0, lockfree::kAcqRel);
    } while (now > used);
  }
};

// Fixed from Init to Deinit.
struct CacheParts {
  // What fast paths read comes first.
  std::byte* area = nullptr;  // port::CoreArea, or as LinkedMagazines has it
  lockfree::Index cores = 0;  // that have a line; 0 if the pool has no caches
  lockfree::Index limit = 0;  // blocks in a magazine
  std::size_t magazine_bytes = 0;
  CacheState* state = nullptr;
  lockfree::StackSpace ids{nullptr, 0};  // the depot's; ids.count is the number of
                                         // magazines

  CoreLine& Line(lockfree::Index core) const {
    auto* const lines = reinterpret_cast<CoreLine*>(area + port::CoreArea::kLineBytes);
    return lines[core];
  }
  MagazineRef RefOf(lockfree::Index id) const {
    return static_cast<MagazineRef>(
        (cores + std::size_t{1}) * port::CoreArea::kLineBytes + id * magazine_bytes);
  }
  lockfree::Index IdOf(MagazineRef ref) const {
    return static_cast<lockfree::Index>((ref - RefOf(0)) / magazine_bytes);
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_CACHE_PARTS_H_
