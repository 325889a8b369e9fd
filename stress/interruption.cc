#include "stress/interruption.h"

#include <signal.h>

#include <atomic>

namespace corepool::stress {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void OnSignal(int /*signal*/) { interrupted.store(true, std::memory_order_relaxed); }

}  // namespace

Interruption::Interruption() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &int_before_);
  sigaction(SIGTERM, &action, &term_before_);
  // What a shell starts in the background ignores Ctrl-C, which is for others.
  if (int_before_.sa_handler == SIG_IGN) sigaction(SIGINT, &int_before_, nullptr);
}

Interruption::~Interruption() {
  sigaction(SIGINT, &int_before_, nullptr);
  sigaction(SIGTERM, &term_before_, nullptr);
}

bool Interruption::happened() { return interrupted.load(std::memory_order_relaxed); }

}  // namespace corepool::stress
