// Owners of blocks and objects: what they own goes back to its pool when they go.
//
//   corepool::PoolPtr<Frame, FramePool> frame = corepool::AllocateOwned(frames);
//   if (!HandOver(received, frame)) ...              // full: frame has it still
//   auto other = corepool::Receive(received, frames);  // elsewhere; may be empty

#ifndef COREPOOL_POOL_PTR_H_
#define COREPOOL_POOL_PTR_H_

#include <cstddef>
#include <type_traits>
#include <utility>

#include "corepool/config.h"

namespace corepool {

namespace internal {

// Gives back what a pool has given out: to a pool that constructs, by Destroy.
template <class Pool, class T>
COREPOOL_INLINE void GiveBack(Pool& pool, T* block) {
  if constexpr (requires { pool.Destroy(block); }) {
    (void)pool.Destroy(block);
  } else {
    (void)pool.Free(block);
  }
}

// Where a pointer's pool is told by the pointer,
template <class Pool>
class PoolByPointer {
 public:
  using PoolType = Pool;
  constexpr PoolByPointer() = default;
  constexpr explicit PoolByPointer(Pool& pool) : pool_(&pool) {}
  Pool& pool() const { return *pool_; }

 private:
  Pool* pool_ = nullptr;
};

// and where by its type.
template <auto& kPool>
class PoolByType {
 public:
  using PoolType = std::remove_reference_t<decltype(kPool)>;
  constexpr PoolByType() = default;
  constexpr explicit PoolByType(PoolType&) {}
  static PoolType& pool() { return kPool; }
};

}  // namespace internal

// Owns a block, or an object of an ObjectPool, or nothing. Move-only. Not more to the
// CPU than the pointers that it consists of: all functions are inline, and what they do
// to the pool is one Free (Destroy), with its contract: any context may destroy an
// owner that no other context uses at the same time. Misuse is reported as by Free.
//
// PoolPtr and StaticPoolPtr below are what to say. [default: owner; wait-free; O(1)]
template <class T, class Home>
class BasicPoolPtr {
 public:
  using Pool = typename Home::PoolType;

  constexpr BasicPoolPtr() = default;
  constexpr BasicPoolPtr(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  // The owner of `block` from now on: a block of `pool` that is allocated and has no
  // other owner, such as release() has returned; or nullptr.
  constexpr BasicPoolPtr(Pool& pool, T* block) : block_(block), home_(pool) {}

  BasicPoolPtr(BasicPoolPtr&& other) noexcept
      : block_(other.release()), home_(other.home_) {}
  // What it owned goes back. [lock-free; as Pool::Free]
  BasicPoolPtr& operator=(BasicPoolPtr&& other) noexcept {
    if (this != &other) {
      reset();
      block_ = other.release();
      home_ = other.home_;
    }
    return *this;
  }
  BasicPoolPtr(const BasicPoolPtr&) = delete;
  BasicPoolPtr& operator=(const BasicPoolPtr&) = delete;

  // [lock-free; as Pool::Free]
  COREPOOL_INLINE ~BasicPoolPtr() { reset(); }

  // Gives it back, if there is one. [lock-free; as Pool::Free]
  COREPOOL_INLINE void reset() {
    if (block_ != nullptr)
      internal::GiveBack(home_.pool(), std::exchange(block_, nullptr));
  }
  // Nobody's from now on, but the caller's.
  [[nodiscard]] COREPOOL_INLINE T* release() { return std::exchange(block_, nullptr); }

  [[nodiscard]] T* get() const { return block_; }
  [[nodiscard]] std::add_lvalue_reference_t<T> operator*() const
    requires(!std::is_void_v<T>)
  {
    return *block_;
  }
  T* operator->() const { return block_; }
  explicit operator bool() const { return block_ != nullptr; }
  // Where it goes back to; only if it owns something.
  [[nodiscard]] Pool& pool() const { return home_.pool(); }

  void swap(BasicPoolPtr& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(home_, other.home_);
  }

 private:
  T* block_ = nullptr;
  [[no_unique_address]] Home home_;
};

// Of any pool: two pointers.
template <class T, class Pool>
using PoolPtr = BasicPoolPtr<T, internal::PoolByPointer<Pool>>;

// Of one particular pool of static storage duration: one pointer.
template <class T, auto& kPool>
using StaticPoolPtr = BasicPoolPtr<T, internal::PoolByType<kPool>>;

// A block of the pool, or nothing if there is none.
// [any; lock-free; as Pool::Allocate]
template <class Pool>
[[nodiscard]] COREPOOL_INLINE auto AllocateOwned(Pool& pool) {
  auto* const block = pool.Allocate();
  return PoolPtr<std::remove_pointer_t<decltype(block)>, Pool>(pool, block);
}

// Enqueues what `owner` owns, which must be something; false, and the owner has it
// still, if the queue is full. A queue of pointers carries it as it is, a queue of
// integers by its index in the pool, which is quicker through an MpmcQueue.
// [owner; lock-free; as Queue::Enqueue; producer of an SpscQueue, and wait-free]
template <class Queue, class T, class Home>
[[nodiscard]] COREPOOL_INLINE bool HandOver(Queue& queue,
                                            BasicPoolPtr<T, Home>& owner) {
  using Value = typename Queue::Value;
  bool done;
  if constexpr (std::is_integral_v<Value>) {
    done = queue.Enqueue(static_cast<Value>(owner.pool().IndexOf(owner.get())));
  } else {
    done = queue.Enqueue(owner.get());
  }
  // It may be back in its pool by now; this looks at nothing but the owner.
  if (done) (void)owner.release();
  return done;
}

// The owner of what comes next out of the queue, a block of `pool`; of nothing if the
// queue is empty.
// [any; lock-free; as Queue::Dequeue; consumer of an SpscQueue, and wait-free]
template <class Queue, class Pool>
[[nodiscard]] COREPOOL_INLINE auto Receive(Queue& queue, Pool& pool) {
  using Value = typename Queue::Value;
  if constexpr (std::is_integral_v<Value>) {
    using Block = std::remove_pointer_t<decltype(pool.BlockAt(0))>;
    Value index;
    return PoolPtr<Block, Pool>(pool,
                                queue.Dequeue(index) ? pool.BlockAt(index) : nullptr);
  } else {
    Value block = nullptr;
    (void)queue.Dequeue(block);
    return PoolPtr<std::remove_pointer_t<Value>, Pool>(pool, block);
  }
}

}  // namespace corepool

#endif  // COREPOOL_POOL_PTR_H_
