// Contexts that take turns on one thread: each can be made to stand still before any
// access of its to an atomic, for as long as the others like, and go on from there.
// Far cheaper than threads that wait for each other, and deterministic. For the core
// compiled against perturbing_atomic.h.

#ifndef COREPOOL_TESTS_SUPPORT_FIBERS_H_
#define COREPOOL_TESTS_SUPPORT_FIBERS_H_

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/support/perturbing_atomic.h"

namespace corepool::testing {

// One context. It may be destroyed only by who may run it, and is run to its end then.
class Fiber {
 public:
  explicit Fiber(std::function<void()> work)
      : work_(std::move(work)), stack_(TakeStack()) {
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = kStackBytes;
    context_.uc_link = nullptr;
    makecontext(&context_, &Fiber::Begin, 0);
  }
  ~Fiber() {
    Finish();
    stacks_.push_back(std::move(stack_));
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Goes on until `stop`, asked before each access but the one that it stands before,
  // says so. Returns whether it stands still now, rather than being done.
  bool Run(const std::function<bool()>& stop) {
    if (done_) return false;
    Fiber* const before = running_;
    void (*const perturb)() = lockfree::perturb;
    void (*const plain)() = lockfree::perturb_plain;
    running_ = this;
    stop_ = &stop;
    lockfree::perturb = &Fiber::Step;
    lockfree::perturb_plain = &Fiber::Step;
    swapcontext(&caller_, &context_);
    running_ = before;
    lockfree::perturb = perturb;
    lockfree::perturb_plain = plain;
    return !done_;
  }
  // Does `steps` accesses more, and stands still before the next.
  bool RunSteps(std::uint64_t steps) {
    if (stands_ && steps == 0) return !done_;
    std::uint64_t left = stands_ ? steps - 1 : steps;
    return Run([&left] { return left-- == 0; });
  }
  void Finish() {
    Run([] { return false; });
  }

  bool done() const { return done_; }

 private:
  static constexpr std::size_t kStackBytes = 256 * 1024;
  using Stack = std::unique_ptr<std::byte[]>;

  static Stack TakeStack() {
    if (stacks_.empty()) return Stack(new std::byte[kStackBytes]);
    Stack stack = std::move(stacks_.back());
    stacks_.pop_back();
    return stack;
  }
  static void Begin() {
    running_->work_();
    running_->done_ = true;
    Fiber& self = *running_;
    swapcontext(&self.context_, &self.caller_);
  }
  static void Step() {
    Fiber& self = *running_;
    if (!(*self.stop_)()) return;
    self.stands_ = true;
    swapcontext(&self.context_, &self.caller_);
  }

  static inline Fiber* running_ = nullptr;
  static inline std::vector<Stack> stacks_;

  const std::function<void()> work_;
  Stack stack_;
  ucontext_t context_;
  ucontext_t caller_;
  const std::function<bool()>* stop_ = nullptr;
  bool stands_ = false;  // before an access, or after the last one
  bool done_ = false;
};

// The choices that make up one run of several, so that all can be tried in turn; or at
// random.
class Choices {
 public:
  // From now on choices are made at random: 0 most of the time, something else once in
  // `seldom` times.
  void Randomize(std::uint64_t seed, std::uint64_t seldom) {
    random_.seed(seed);
    seldom_ = seldom;
  }

  // One of 0 to `options` - 1.
  int Choose(int options) {
    if (seldom_ != 0) {
      if (random_() % seldom_ != 0) return 0;
      return static_cast<int>(random_() % static_cast<unsigned>(options));
    }
    if (at_ == path_.size()) path_.push_back({0, options});
    return path_[at_++].taken;
  }
  // Begins the next run; false if there is none.
  bool Next() {
    if (seldom_ != 0) return true;
    at_ = 0;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().options) {
      path_.pop_back();
    }
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct Choice {
    int taken;
    int options;
  };

  std::vector<Choice> path_;
  std::size_t at_ = 0;
  std::mt19937_64 random_;
  std::uint64_t seldom_ = 0;  // 0: not at random
};

// Runs all of them to their ends, changing over `switches` times at most from one that
// is not done yet: when, and to whom, is chosen.
inline void Interleave(const std::vector<std::unique_ptr<Fiber>>& fibers, int switches,
                       Choices& choices) {
  std::vector<Fiber*> left;
  for (const auto& fiber : fibers) left.push_back(fiber.get());
  std::size_t running = 0;
  bool choose = true;  // who is next
  while (!left.empty()) {
    if (choose) {
      running = static_cast<std::size_t>(choices.Choose(static_cast<int>(left.size())));
    }
    std::size_t next = 0;
    const bool stands = left[running]->Run([&] {
      if (switches == 0 || left.size() == 1) return false;
      next = static_cast<std::size_t>(choices.Choose(static_cast<int>(left.size())));
      return next != 0;
    });
    choose = !stands;
    if (stands) {
      --switches;
      running = (running + next) % left.size();
    } else {
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(running));
    }
  }
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_FIBERS_H_
