// Interrupts at instructions: a handler runs at every boundary between two instructions
// of an operation, one at a time. Linux on x86-64, one thread.

#ifndef COREPOOL_TESTS_SUPPORT_BOUNDARIES_H_
#define COREPOOL_TESTS_SUPPORT_BOUNDARIES_H_

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace corepool::testing {

// A trap, where single-stepping begins or ends.
[[gnu::always_inline]] inline void Mark() { asm volatile("int3" ::: "memory"); }

// Finds the boundaries of an operation by single-stepping through it. Then repeats what
// leads to the operation once for each boundary, with a breakpoint there: stepping up
// to it each time would take a signal for every instruction. An operation must take the
// same way each time until it is interrupted.
//
// Restartable sections of the system never get beyond their first instruction while
// they are stepped through, so boundaries in them are not found.
class Boundaries {
 public:
  Boundaries() {
    if (self_ != nullptr) std::abort();
    self_ = this;
    struct sigaction action = {};
    action.sa_sigaction = &Boundaries::OnTrap;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTRAP, &action, &before_) != 0) std::abort();
  }
  ~Boundaries() {
    sigaction(SIGTRAP, &before_, nullptr);
    self_ = nullptr;
  }
  Boundaries(const Boundaries&) = delete;
  Boundaries& operator=(const Boundaries&) = delete;

  // Calls round() once for each boundary of what it does in Interrupted(). Returns how
  // many there are.
  template <class Round>
  std::size_t ForEach(const Round& round) {
    path_.clear();
    tracing_ = true;
    round();
    tracing_ = false;
    std::unordered_map<std::uintptr_t, int> visits;
    for (const std::uintptr_t at : path_) {
      visits_to_go_ = ++visits[at];
      at_ = at;
      armed_ = true;
      round();
      if (armed_) ++missed_;
      armed_ = false;
    }
    return path_.size();
  }

  // In round(), once: does operation(), with handler() at the boundary whose turn it
  // is; not at all in the first of all rounds. Of operation() nothing else may depend,
  // and no memory be allocated in it, for then handler() could not.
  template <class Operation>
  void Interrupted(const Operation& operation, std::function<void()> handler) {
    handler_ = std::move(handler);
    if (armed_) Plant();
    Step(operation);
    if (planted_) Remove();
  }

  // Boundaries that the operation did not come to again.
  std::size_t missed() const { return missed_; }

 private:
  static constexpr greg_t kStepping = 0x100;  // of the flags: trap after each
  static constexpr unsigned char kTrap = 0xcc;

  template <class Operation>
  [[gnu::noinline]] void Step(const Operation& operation) {
    if (tracing_) Mark();
    operation();
    if (tracing_) Mark();
  }

  static void OnTrap(int, siginfo_t* info, void* context) {
    const int saved_errno = errno;
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    self_->Trapped(info->si_code == SI_KERNEL, registers[REG_RIP], registers[REG_EFL]);
    errno = saved_errno;
  }

  // `by_breakpoint`: by a trap in the code, not after a step.
  void Trapped(bool by_breakpoint, greg_t& next, greg_t& flags) {
    if (tracing_) {
      if (!by_breakpoint) {
        path_.push_back(static_cast<std::uintptr_t>(next));
      } else if ((flags & kStepping) == 0) {
        flags |= kStepping;
        path_.push_back(static_cast<std::uintptr_t>(next));
      } else {
        flags &= ~kStepping;
        path_.pop_back();  // the second mark itself
      }
    } else if (!by_breakpoint) {
      // One step beyond the breakpoint.
      flags &= ~kStepping;
      Plant();
    } else {
      next = static_cast<greg_t>(at_);
      Remove();
      if (--visits_to_go_ > 0) {
        flags |= kStepping;
      } else {
        armed_ = false;
        handler_();
      }
    }
  }

  void Plant() {
    auto* const code = Writable();
    covered_ = *code;
    *code = kTrap;
    planted_ = true;
  }
  void Remove() {
    *Writable() = covered_;
    planted_ = false;
  }
  // An instruction may be as long as it likes: only its first byte is changed.
  volatile unsigned char* Writable() const {
    static const auto kPage = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const std::uintptr_t page = at_ & ~(kPage - 1);
    if (page != writable_) {
      if (mprotect(reinterpret_cast<void*>(page), kPage,
                   PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        std::abort();
      }
      writable_ = page;
    }
    return reinterpret_cast<volatile unsigned char*>(at_);
  }

  static inline Boundaries* self_ = nullptr;

  struct sigaction before_ = {};
  std::vector<std::uintptr_t> path_;  // where the instructions begin, one by one
  bool tracing_ = false;
  std::function<void()> handler_;
  std::uintptr_t at_ = 0;  // where the breakpoint is, or will be,
  int visits_to_go_ = 0;   // and when it is that visit's turn
  bool armed_ = false;
  bool planted_ = false;
  unsigned char covered_ = 0;
  mutable std::uintptr_t writable_ = 0;
  std::size_t missed_ = 0;
};

// Ways to make a call: as it is, and with an interrupt at the boundary whose turn it
// is.
struct Directly {
  template <class Operation>
  void operator()(const Operation& operation) const {
    operation();
  }
};
struct InterruptedBy {
  template <class Operation>
  void operator()(const Operation& operation) const {
    boundaries.Interrupted(operation, handler);
  }

  Boundaries& boundaries;
  std::function<void()> handler;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_BOUNDARIES_H_
