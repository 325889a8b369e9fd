// Tokens, as many as there are blocks: who has taken one must be given a block.

#ifndef COREPOOL_TESTS_SUPPORT_TOKENS_H_
#define COREPOOL_TESTS_SUPPORT_TOKENS_H_

#include <atomic>
#include <cstddef>

namespace corepool::testing {

// Any context may call anything.
class Tokens {
 public:
  explicit Tokens(std::size_t count) : left_(count) {}

  // As many as there are, up to `most`; returns how many.
  std::size_t TakeUpTo(std::size_t most) {
    std::size_t seen = left_.load(std::memory_order_relaxed);
    std::size_t taken = 0;
    do {
      taken = seen < most ? seen : most;
      // Pairs with: release in Give. A release too: who sees fewer tokens also sees
      // what this thread has seen.
    } while (taken > 0 &&
             !left_.compare_exchange_weak(seen, seen - taken, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return taken;
  }
  // That many, or none.
  bool Take(std::size_t count = 1) {
    const std::size_t taken = TakeUpTo(count);
    if (taken == count) return true;
    if (taken > 0) Give(taken);
    return false;
  }
  // Once the blocks have been freed.
  void Give(std::size_t count = 1) {
    // Pairs with: acquire in TakeUpTo. Who gets the token knows of the free.
    left_.fetch_add(count, std::memory_order_release);
  }

  std::size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> left_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TOKENS_H_
