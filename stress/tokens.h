// Tokens, as many as there are blocks: who has taken one must be given a block.

#ifndef COREPOOL_STRESS_TOKENS_H_
#define COREPOOL_STRESS_TOKENS_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace corepool::stress {

// Any thread, any signal handler.
class Tokens {
 public:
  explicit Tokens(std::int64_t count) : left_(count) {}

  // That many, or none. Who fails may make others fail that come meanwhile.
  bool Take(std::int64_t count = 1) {
    // Pairs with: release in Give. A release too: who finds no token also knows what
    // this thread does.
    if (left_.fetch_sub(count, std::memory_order_acq_rel) >= count) return true;
    left_.fetch_add(count, std::memory_order_relaxed);
    return false;
  }
  // Once the blocks have been freed.
  void Give(std::int64_t count = 1) {
    // Pairs with: acquire in Take. Who gets the token knows of the free.
    left_.fetch_add(count, std::memory_order_release);
  }

  // While nobody else calls.
  void Restart(std::int64_t count) { left_.store(count, std::memory_order_relaxed); }

  std::int64_t left() const {
    return std::max<std::int64_t>(left_.load(std::memory_order_relaxed), 0);
  }

 private:
  std::atomic<std::int64_t> left_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TOKENS_H_
