// What a PriorityPool is asked to be, class by class, and what a class tells about
// itself.

#ifndef COREPOOL_PRIORITY_CLASS_H_
#define COREPOOL_PRIORITY_CLASS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/hooks.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool {

// Most classes of one pool.
inline constexpr std::size_t kMaxPriorityClasses = 16;

// No class, as ClassOf says it.
inline constexpr std::size_t kNoClass = static_cast<std::size_t>(-1);

// PriorityClass::reserve: all blocks, also if there should be more one day.
inline constexpr std::size_t kReserveAll = static_cast<std::size_t>(-1);

// PriorityClass::borrows: bit k for class k, or one of these.
inline constexpr std::uint32_t kBorrowNone = 0;
inline constexpr std::uint32_t kBorrowLower = std::uint32_t{1} << 31;  // all after it

// One class. Its number is its place in the table; a lower number is more urgent.
struct PriorityClass {
  const char* name = "";        // for reports; must outlive the pool
  std::size_t block_size = 0;   // bytes that a block's user may write; at least 1
  std::size_t block_count = 0;  // for each core if per_core. 0: always exhausted,
                                // though it may borrow
  // Blocks that only this class may take: all others together never have more than the
  // rest.
  std::size_t reserve = kReserveAll;
  // The classes that it may borrow of when it is exhausted: of those whose blocks are
  // large enough and not all reserved, the least urgent first.
  std::uint32_t borrows = kBorrowNone;
  // A reserve for interrupt handlers: each core has block_count blocks that only
  // allocations on that core take, and lends none. Freed from anywhere. Its allocations
  // are those of AllocateFromInterrupt, always.
  bool per_core = false;
  // Most compare-and-swaps of an AllocateFromInterrupt; at least 1.
  std::size_t attempts = 8;
  // As PoolOptions::hooks, for the class's own blocks, whoever has them.
  const PoolHooks* hooks = nullptr;
};

// The classes of the guide "Memory Pool Allocation in Embedded Systems" (hierarchical
// pools), as it has them: nobody borrows.
enum PriorityClassNumber : std::size_t { kCritical, kNormal, kLarge, kTemporary };
inline constexpr PriorityClass kPriorityClasses[] = {
    {.name = "critical", .block_size = 32, .block_count = 64},
    {.name = "normal", .block_size = 128, .block_count = 32},
    {.name = "large", .block_size = 1024, .block_count = 8},
    {.name = "temporary", .block_size = 256, .block_count = 16},
};

// What all classes have in common; see PoolOptions. `cores` is also how many cores have
// blocks of a per_core class: core k takes those of k modulo cores. Such a class has no
// caches.
struct PriorityPoolOptions {
  std::size_t alignment = kDefaultAlignment;
  Checking checking = Checking::kBasic;
  Caching caching = Caching::kAutomatic;
  State state = State::kAutomatic;
  std::size_t cores = 0;
  bool measure_time = false;  // ClassStats::worst_cycles
  const char* name = "";      // in reports of pointers that belong to no class
  MisuseHandler misuse_handler = nullptr;
  void* misuse_context = nullptr;
  Waiters* waiters = nullptr;  // as PoolOptions::waiters, for blocks of any class
};

// What one class tells about itself. Of several cores' blocks `pool` has the sums, also
// of their peaks.
struct ClassStats {
  PoolStats pool;  // of its blocks, whoever has them; failures: calls for this class
                   // that got none (also for want of attempts)
  std::size_t borrowed;   // blocks of other classes that it has
  std::size_t lent;       // its blocks that other classes have, or are about to have
  std::size_t lent_peak;  // most at once since ResetPeak
  std::uint64_t refused_by_reserve;  // calls of other classes that it refused because
                                     // all that it may lend was lent
  std::uint64_t contended;           // calls that ended with kContended
  // Longest allocation since ResetWorst, of those that got a block and of those that
  // got none, borrowing and whatever interrupted it included; in Port::CycleCount's
  // unit. 0 where the port has no such counter, or measure_time was not asked for.
  std::uint64_t worst_cycles;
};

}  // namespace corepool

#endif  // COREPOOL_PRIORITY_CLASS_H_
