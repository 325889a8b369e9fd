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
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"

namespace corepool {

// Operations: see engine::PoolFace, with T* where it says Block*. Blocks are raw
// storage, sizeof(T) bytes aligned as T: nothing is constructed or destroyed.
//
// All-zero memory is a full pool, so a constinit one lies in .bss and may be used
// before main() and before constructors of static objects have run. The state of
// blocks is kept beside them (State::kSide). Misuse goes to the process-wide
// handler. (clang evaluates every element when it is compiled: above some 100 000
// blocks it wants a larger -fconstexpr-steps.)
template <class T, std::size_t N, Checking kChecking = Checking::kBasic>
class StaticPool : public engine::PoolFace<StaticPool<T, N, kChecking>, T> {
  static_assert(N >= 1 && N <= kMaxBlockCount, "see kMaxBlockCount");
  static_assert(kChecking != Checking::kFull,
                "free blocks of a StaticPool hold no pattern; use FixedPool");

 public:
  constexpr StaticPool() = default;

  // Blocks in the pool.
  static constexpr std::size_t capacity() { return N; }

 private:
  friend class engine::PoolFace<StaticPool, T>;

  static constexpr bool is_initialized() { return true; }

  COREPOOL_INLINE engine::PoolParts parts() const {
    constexpr auto kCount = static_cast<lockfree::Index>(N);
    constexpr base::ExactDivisor kBySize(sizeof(T));
    return {
        .space = {nodes_, kCount},
        .layout = {storage_, sizeof(T), N, kBySize},
        .state = {states_, false, 0},
        .checking = kChecking,
        .filled = false,
        .block_size = sizeof(T),
        .alignment = alignof(T),
        .name = "",
        .misuse_handler = nullptr,
        .misuse_context = nullptr,
    };
  }

  mutable engine::PoolState state_{};
  mutable lockfree::StackNode nodes_[N]{};
  mutable lockfree::Atomic<engine::StateUnit> states_[N]{};
  alignas(T) mutable std::byte storage_[N * sizeof(T)]{};
};

}  // namespace corepool

#endif  // COREPOOL_STATIC_POOL_H_
