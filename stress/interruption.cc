#include "stress/interruption.h"

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "stress/clock.h"

namespace corepool::stress {
namespace {

// When the first one came, on the clock of Now(). 0: none did.
std::atomic<std::int64_t> interrupted{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

void OnSignal(int signal) {
  const std::int64_t now = Now();
  std::int64_t first = 0;
  if (interrupted.compare_exchange_strong(first, now, std::memory_order_relaxed,
                                          std::memory_order_relaxed) ||
      now - first < Interruption::kGrace) {
    return;
  }
  struct sigaction fatal = {};
  fatal.sa_handler = SIG_DFL;
  sigemptyset(&fatal.sa_mask);
  sigaction(signal, &fatal, nullptr);
  raise(signal);  // takes effect on return
}

}  // namespace

Interruption::Interruption() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &int_before_);
  sigaction(SIGTERM, &action, &term_before_);
}

Interruption::~Interruption() {
  sigaction(SIGINT, &int_before_, nullptr);
  sigaction(SIGTERM, &term_before_, nullptr);
}

bool Interruption::happened() {
  return interrupted.load(std::memory_order_relaxed) != 0;
}

}  // namespace corepool::stress
