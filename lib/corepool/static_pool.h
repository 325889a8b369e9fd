// A pool of N blocks for objects of type T that needs no memory and no Init:
//
//   static constinit corepool::StaticPool<CanFrame, 64> frames;
//   CanFrame* frame = frames.Allocate();

#ifndef COREPOOL_STATIC_POOL_H_
#define COREPOOL_STATIC_POOL_H_

#include <cstddef>

#include "corepool/base/exact_divisor.h"
#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/pool_face.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/pool_paths.h"
#include "corepool/engine/static_cache.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/wait.h"

namespace corepool {

// Operations: see engine::PoolFace, with T* where it says Block*. Blocks are raw
// storage, sizeof(T) bytes aligned as T: nothing is constructed or destroyed.
//
// All-zero memory is a full pool, so a constinit one lies in .bss and may be used
// before main() and before constructors of static objects have run. Misuse goes to the
// process-wide handler. (clang evaluates every element when it is compiled: above some
// 50 000 blocks it wants a larger -fconstexpr-steps.)
//
// N may be 0: such a pool is always exhausted.
//
// Who may wait for blocks is the last argument (wait.h): the address of a StaticWaiters
// with static storage, for one pool only; AllocateUntil says kTooMany where it is
// another's already.
//
// Caches are laid out for up to 64 cores, fewer if blocks are few; with kRseq the first
// call that needs a magazine asks the system whether it may be used. If not, the pool
// goes on without caches, and Caching() says so. kRseq does not compile where
// port::Cores has no restartable sections.
template <class T, std::size_t N, Checking kChecking = Checking::kBasic,
          Caching kCaching = Caching::kAutomatic, auto kWaiters = nullptr>
class StaticPool
    : public engine::PoolFace<StaticPool<T, N, kChecking, kCaching, kWaiters>, T> {
  static_assert(N <= kMaxBlockCount, "see kMaxBlockCount");
  static_assert(kChecking != Checking::kFull,
                "free blocks of a StaticPool hold no pattern; use FixedPool");

 public:
  constexpr StaticPool() = default;

  // Blocks in the pool. [any; wait-free; O(1)]
  static constexpr std::size_t capacity() { return N; }

 private:
  friend class engine::PoolFace<StaticPool, T>;
  friend class engine::PoolPaths<StaticPool, T, port::Cores>;

  // No array is empty, though a pool may be.
  static constexpr std::size_t kPlaces = N == 0 ? 1 : N;
  static constexpr corepool::Caching kReally = engine::StaticCaching(kCaching, N);
  static_assert(kReally != Caching::kRseq || port::Cores::kRestartable,
                "no restartable sections in this build");

  // A cookie needs a word; and none of the blocks has one to begin with.
  static constexpr bool kCookies =
      kReally == Caching::kRseq && kChecking == Checking::kBasic &&
      sizeof(T) >= sizeof(engine::Cookie) && alignof(T) % alignof(engine::Cookie) == 0;
  static constexpr engine::Marks kMarks =
      kChecking == Checking::kOff ? engine::Marks::kNone
      : kCookies                  ? engine::Marks::kUsed
      : kReally == Caching::kRseq && kChecking == Checking::kBasic
          ? engine::Marks::kSide
          : engine::Marks::kExact;
  static constexpr engine::FastPath kPath =
      engine::FastPathFor(kReally, kChecking, kMarks);
  static constexpr engine::Cookie kKey =
      static_cast<engine::Cookie>(0x9e3779b97f4a7c15);

  static constexpr bool kBeginsAllZero = true;
  static constexpr bool is_initialized() { return true; }

  COREPOOL_INLINE engine::PoolParts parts() const {
    constexpr auto kCount = static_cast<lockfree::Index>(N);
    constexpr base::ExactDivisor kBySize(sizeof(T));
    return {
        .by_cookie = kPath == engine::FastPath::kByCookie,
        .by_chain = kReally == Caching::kNone,
        .path = kPath,
        .caching = kReally,
        .checking = kChecking,
        .filled = false,
        .by_batch = kReally == Caching::kNone,
        .waiters = TableOf(kWaiters),
        .layout = {storage_, sizeof(T), N, kBySize},
        .state = {kMarks, kCookies, units_, kKey},
        .cache = cache_.parts(),
        .space = {nodes_, kCount},
        .block_size = sizeof(T),
        .alignment = alignof(T),
        .bookkeeping_bytes = sizeof(StaticPool) - sizeof(storage_),
        .identity = this,
        .name = "",
        .misuse_handler = nullptr,
        .misuse_context = nullptr,
        .hooks = nullptr,
        .alarms = nullptr,
        .owners = nullptr,
    };
  }

  mutable engine::PoolState state_{};
  [[no_unique_address]] mutable engine::StaticCache<kReally, N> cache_{};
  mutable lockfree::StackNode nodes_[kPlaces]{};
  mutable lockfree::Atomic<engine::StateUnit> units_[kPlaces]{};
  alignas(T) mutable std::byte storage_[kPlaces * sizeof(T)]{};
};

}  // namespace corepool

#endif  // COREPOOL_STATIC_POOL_H_
