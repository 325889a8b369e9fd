// A thread and interrupts above it, which come at any access of what they interrupt.
// Deterministic. Whoever includes this brings a core with atomics that let them
// (//tests/support:interrupted_core).

#ifndef COREPOOL_TESTS_SUPPORT_INTERRUPT_NEST_H_
#define COREPOOL_TESTS_SUPPORT_INTERRUPT_NEST_H_

#include <cstddef>
#include <cstdint>
#include <random>

#include "tests/support/interrupting_atomic.h"

namespace corepool::testing {

// Levels run what a derived class says, each in the middle of what the one below does.
class InterruptNest {
 public:
  static constexpr std::size_t kLevels = 4;  // a thread and three interrupts above it
  static constexpr std::size_t kHeldPerLevel = 3;  // blocks, at most

  std::uint64_t interrupts() const { return interrupts_; }

 protected:
  // At one access of `seldom` there is an interrupt.
  explicit InterruptNest(std::uint64_t seed, std::uint64_t seldom = 8)
      : random_(seed), seldom_(seldom) {}
  ~InterruptNest() = default;
  InterruptNest(const InterruptNest&) = delete;
  InterruptNest& operator=(const InterruptNest&) = delete;

  // What level() does, chosen by Random.
  virtual void OneOperation() = 0;

  // The thread's; interrupts come only here.
  void OneInterruptedOperation() {
    running_ = this;
    lockfree::interrupt = [] { running_->MaybeInterrupt(); };
    OneOperation();
    lockfree::interrupt = nullptr;
  }

  std::size_t level() const { return level_; }
  // Of what the level holds: not 0.
  std::uint32_t Owner() const { return static_cast<std::uint32_t>(level_ + 1); }
  std::uint64_t Random() { return random_(); }

 private:
  void MaybeInterrupt() {
    if (level_ + 1 == kLevels || Random() % seldom_ != 0) return;
    ++interrupts_;
    ++level_;
    OneOperation();
    --level_;
  }

  static inline InterruptNest* running_ = nullptr;

  std::mt19937_64 random_;
  const std::uint64_t seldom_;
  std::size_t level_ = 0;
  std::uint64_t interrupts_ = 0;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_INTERRUPT_NEST_H_
