// Threads that are none: one thread runs the bodies of several, and goes from one to
// another before accesses to atomics, as a seed says. The same seed gives the same
// steps again.
//
// On //tests/support:interrupted_core. Sequentially consistent: proves nothing of
// memory orders.

#ifndef COREPOOL_TESTS_SUPPORT_INTERLEAVING_H_
#define COREPOOL_TESTS_SUPPORT_INTERLEAVING_H_

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/support/interrupting_atomic.h"

namespace corepool::testing {

class Interleaving {
 public:
  explicit Interleaving(std::size_t size) : fibers_(size) {
    for (Fiber& fiber : fibers_) fiber.stack = std::make_unique<std::byte[]>(kStack);
  }

  // Runs work(0) to work(size - 1) to their ends, changing from one to another before
  // one access of `stay` on average.
  void Run(std::uint64_t seed, std::uint32_t stay,
           const std::function<void(std::size_t)>& work) {
    random_.seed(seed);
    stay_ = stay;
    work_ = &work;
    self_ = this;
    unfinished_.clear();
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
      Fiber& fiber = fibers_[i];
      getcontext(&fiber.context);
      fiber.context.uc_stack.ss_sp = fiber.stack.get();
      fiber.context.uc_stack.ss_size = kStack;
      fiber.context.uc_link = nullptr;
      makecontext(&fiber.context, &Interleaving::Begin, 0);
      unfinished_.push_back(i);
    }
    lockfree::interrupt = &Interleaving::Access;
    while (!unfinished_.empty()) {
      current_ = unfinished_[random_() % unfinished_.size()];
      swapcontext(&scheduler_, &fibers_[current_].context);
    }
    lockfree::interrupt = nullptr;
  }

 private:
  struct Fiber {
    ucontext_t context;
    std::unique_ptr<std::byte[]> stack;
  };
  static constexpr std::size_t kStack = 256 * 1024;

  static void Begin() {
    (*self_->work_)(self_->current_);
    std::erase(self_->unfinished_, self_->current_);
    swapcontext(&self_->fibers_[self_->current_].context, &self_->scheduler_);
  }

  static void Access() {
    if (self_->random_() % self_->stay_ != 0) return;
    swapcontext(&self_->fibers_[self_->current_].context, &self_->scheduler_);
  }

  static inline Interleaving* self_ = nullptr;

  std::minstd_rand random_;
  std::uint32_t stay_ = 1;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::vector<std::size_t> unfinished_;
  std::size_t current_ = 0;
  ucontext_t scheduler_{};
  std::vector<Fiber> fibers_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_INTERLEAVING_H_
