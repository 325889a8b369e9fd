#include "stress/pacer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "stress/clock.h"
#include "stress/load_options.h"
#include "stress/run_control.h"

namespace corepool::stress {
namespace {

// How late a sleeping thread may wake up; the rest of the time it spins.
constexpr std::int64_t kWakeUp = 80'000;
// How long a sleeping thread does not look whether it is to stop.
constexpr std::int64_t kLongestSleep = 20'000'000;

// Keeps the schedule apart from the thread's other random numbers.
constexpr std::uint64_t kStream = std::uint64_t{1} << 32;

}  // namespace

Pacer::Pacer(double rate, Arrival arrival, int share, int number, std::uint64_t seed)
    : interval_(1e9 * share / rate),
      arrival_(arrival),
      random_(seed, kStream + static_cast<std::uint64_t>(number)),
      next_(interval_ * number / share) {
  if (arrival_ == Arrival::kPoisson) next_ = -interval_ * std::log(random_.Fraction());
}

std::int64_t Pacer::Next() {
  const std::int64_t due = began_ + static_cast<std::int64_t>(next_);
  next_ += arrival_ == Arrival::kFixed ? interval_
                                       : -interval_ * std::log(random_.Fraction());
  return due;
}

bool Pacer::WaitUntil(std::int64_t due, const RunControl& control) {
  for (;;) {
    if (control.stopping()) return false;
    const std::int64_t now = Now();
    if (now >= due) return true;
    if (due - now > kWakeUp) SleepUntil(std::min(due - kWakeUp, now + kLongestSleep));
  }
}

std::uint64_t Pacer::Backlog(std::int64_t now) const {
  const double late = static_cast<double>(now - began_) - next_;
  return late <= 0 ? 0 : static_cast<std::uint64_t>(late / interval_) + 1;
}

}  // namespace corepool::stress
