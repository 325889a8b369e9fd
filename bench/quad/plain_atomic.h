// Atomics that are none: what lock-free code costs if a lock keeps everybody else out.
// Put in for std::atomic by COREPOOL_ATOMIC_HEADER; for measuring, and for nothing
// else.

#ifndef COREPOOL_BENCH_QUAD_PLAIN_ATOMIC_H_
#define COREPOOL_BENCH_QUAD_PLAIN_ATOMIC_H_

#include <atomic>

namespace corepool::lockfree {

template <class T>
class PlainAtomic {
 public:
  static constexpr bool is_always_lock_free = true;

  constexpr PlainAtomic() = default;
  constexpr PlainAtomic(T value) : value_(value) {}  // NOLINT: as std::atomic
  PlainAtomic(const PlainAtomic&) = delete;
  PlainAtomic& operator=(const PlainAtomic&) = delete;

  T load(std::memory_order) const { return value_; }
  void store(T value, std::memory_order) { value_ = value; }

  T exchange(T value, std::memory_order) {
    const T old = value_;
    value_ = value;
    return old;
  }

  bool compare_exchange_strong(T& expected, T value, std::memory_order,
                               std::memory_order = std::memory_order_relaxed) {
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = value;
    return true;
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order order,
                             std::memory_order = std::memory_order_relaxed) {
    return compare_exchange_strong(expected, value, order);
  }

  T fetch_add(T value, std::memory_order order) {
    return exchange(static_cast<T>(value_ + value), order);
  }
  T fetch_sub(T value, std::memory_order order) {
    return exchange(static_cast<T>(value_ - value), order);
  }
  T fetch_and(T value, std::memory_order order) {
    return exchange(static_cast<T>(value_ & value), order);
  }
  T fetch_or(T value, std::memory_order order) {
    return exchange(static_cast<T>(value_ | value), order);
  }
  T fetch_xor(T value, std::memory_order order) {
    return exchange(static_cast<T>(value_ ^ value), order);
  }

 private:
  T value_{};
};

template <class T>
using Atomic = PlainAtomic<T>;

}  // namespace corepool::lockfree

#endif  // COREPOOL_BENCH_QUAD_PLAIN_ATOMIC_H_
