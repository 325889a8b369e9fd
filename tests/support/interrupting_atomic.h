// Atomics before each access of which an interrupt may happen. With
// -DCOREPOOL_ATOMIC_HEADER naming this file the library's very sources are compiled
// against them (//tests/support:interrupted_core).

#ifndef COREPOOL_TESTS_SUPPORT_INTERRUPTING_ATOMIC_H_
#define COREPOOL_TESTS_SUPPORT_INTERRUPTING_ATOMIC_H_

#include <atomic>

namespace corepool::lockfree {

// Called before each access, if set. May use whatever it interrupts.
inline void (*interrupt)() = nullptr;

// std::atomic, as far as corepool uses it. One thread only.
template <class T>
class Atomic {
 public:
  static constexpr bool is_always_lock_free = std::atomic<T>::is_always_lock_free;

  constexpr Atomic() : value_{} {}
  constexpr Atomic(T value) : value_(value) {}  // NOLINT(google-explicit-constructor)

  T load(std::memory_order order) const { return Access().load(order); }
  void store(T value, std::memory_order order) { Access().store(value, order); }
  T exchange(T value, std::memory_order order) {
    return Access().exchange(value, order);
  }
  T fetch_add(T value, std::memory_order order) {
    return Access().fetch_add(value, order);
  }
  T fetch_or(T value, std::memory_order order) {
    return Access().fetch_or(value, order);
  }
  T fetch_and(T value, std::memory_order order) {
    return Access().fetch_and(value, order);
  }
  bool compare_exchange_weak(T& expected, T wanted, std::memory_order success,
                             std::memory_order failure) {
    return Access().compare_exchange_weak(expected, wanted, success, failure);
  }
  bool compare_exchange_strong(T& expected, T wanted, std::memory_order success,
                               std::memory_order failure) {
    return Access().compare_exchange_strong(expected, wanted, success, failure);
  }

 private:
  std::atomic<T>& Access() const {
    if (interrupt != nullptr) interrupt();
    return value_;
  }

  mutable std::atomic<T> value_;
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_TESTS_SUPPORT_INTERRUPTING_ATOMIC_H_
