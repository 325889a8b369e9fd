// Atomics that stand aside before some of their accesses, so that threads meet where
// they hand something over, or while one looks at what another changes. With
// -DCOREPOOL_ATOMIC_HEADER naming this file the library's very sources are compiled
// against them.

#ifndef COREPOOL_TESTS_SUPPORT_PERTURBING_ATOMIC_H_
#define COREPOOL_TESTS_SUPPORT_PERTURBING_ATOMIC_H_

#include <atomic>

namespace corepool::lockfree {

// Called before each read-modify-write of a thread, if it has set it.
inline thread_local void (*perturb)() = nullptr;
// And before each compare-and-swap.
inline thread_local void (*perturb_swap)() = nullptr;
// And before each load that acquires: what others may change while it is looked at.
inline thread_local void (*perturb_look)() = nullptr;
// And before every load and store.
inline thread_local void (*perturb_plain)() = nullptr;

// std::atomic, as far as corepool uses it.
template <class T>
class Atomic {
 public:
  static constexpr bool is_always_lock_free = std::atomic<T>::is_always_lock_free;

  constexpr Atomic() : value_{} {}
  constexpr Atomic(T value) : value_(value) {}  // NOLINT(google-explicit-constructor)

  T load(std::memory_order order) const {
    if (order == std::memory_order_acquire && perturb_look != nullptr) perturb_look();
    if (perturb_plain != nullptr) perturb_plain();
    return value_.load(order);
  }
  void store(T value, std::memory_order order) {
    if (perturb_plain != nullptr) perturb_plain();
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order) {
    return Perturbed().exchange(value, order);
  }
  T fetch_add(T value, std::memory_order order) {
    return Perturbed().fetch_add(value, order);
  }
  T fetch_or(T value, std::memory_order order) {
    return Perturbed().fetch_or(value, order);
  }
  T fetch_and(T value, std::memory_order order) {
    return Perturbed().fetch_and(value, order);
  }
  bool compare_exchange_weak(T& expected, T wanted, std::memory_order success,
                             std::memory_order failure) {
    if (perturb_swap != nullptr) perturb_swap();
    return Perturbed().compare_exchange_weak(expected, wanted, success, failure);
  }
  bool compare_exchange_strong(T& expected, T wanted, std::memory_order success,
                               std::memory_order failure) {
    if (perturb_swap != nullptr) perturb_swap();
    return Perturbed().compare_exchange_strong(expected, wanted, success, failure);
  }

 private:
  std::atomic<T>& Perturbed() {
    if (perturb != nullptr) perturb();
    return value_;
  }

  std::atomic<T> value_;
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_TESTS_SUPPORT_PERTURBING_ATOMIC_H_
