// What the measured loops ask of an allocator.
//
// An adapter is a handle, a pointer or two, that the loops hold in registers. Its
// functions must be inlined into them, [[gnu::always_inline]]: left to itself the
// compiler inlines some peers and calls others, for a nanosecond or two more. It may
// also have
//
//   static constexpr bool kOneThread = true;   what it adapts is not thread-safe
//   static constexpr bool kNoHandover = true;  its blocks stay with their threads
//   class ThreadScope { explicit ThreadScope(Adapter); };
//       lives in each measured thread, around all that the thread does

#ifndef COREPOOL_BENCH_PEERS_ADAPTER_H_
#define COREPOOL_BENCH_PEERS_ADAPTER_H_

#include <concepts>
#include <cstddef>
#include <span>

namespace corepool::bench {

// Blocks of kBlockSize bytes.
template <class Adapter>
concept FixedAdapter = std::copyable<Adapter> && requires(Adapter pool, void* block) {
  { pool.Allocate() } -> std::same_as<void*>;
  pool.Free(block);
};

// The same with calls for several blocks at once, in arrays of the pointers that the
// allocator itself deals in.
template <class Adapter>
concept BulkAdapter =
    FixedAdapter<Adapter> &&
    requires(Adapter pool, std::span<typename Adapter::BulkPointer> blocks) {
      pool.AllocateBulk(blocks);
      pool.FreeBulk(blocks);
    };

// Blocks of any size from kSmallestSize to kLargestSize, which Free is told again.
template <class Adapter>
concept SizedAdapter =
    std::copyable<Adapter> && requires(Adapter pool, void* block, std::size_t size) {
      { pool.Allocate(size) } -> std::same_as<void*>;
      pool.Free(block, size);
    };

template <class Adapter>
inline constexpr bool kThreadSafe = !requires { Adapter::kOneThread; };

template <class Adapter>
inline constexpr bool kHandsOver = !requires { Adapter::kNoHandover; };

// Adapter::ThreadScope, or nothing.
template <class Adapter>
class ThreadScopeOf {
 public:
  explicit ThreadScopeOf(Adapter) {}
};

template <class Adapter>
  requires requires { typename Adapter::ThreadScope; }
class ThreadScopeOf<Adapter> {
 public:
  explicit ThreadScopeOf(Adapter adapter) : scope_(adapter) {}

 private:
  typename Adapter::ThreadScope scope_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_ADAPTER_H_
