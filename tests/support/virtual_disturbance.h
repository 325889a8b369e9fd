// What befalls one thread on virtual cores: it steps aside at its accesses, its
// sections are interrupted, and it changes cores in the middle of an operation.

#ifndef COREPOOL_TESTS_SUPPORT_VIRTUAL_DISTURBANCE_H_
#define COREPOOL_TESTS_SUPPORT_VIRTUAL_DISTURBANCE_H_

#include <chrono>
#include <cstdint>
#include <thread>

#include "corepool/port/cores_concept.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/virtual_cores.h"

namespace corepool::testing {

// What disturbs one thread.
class Disturbance {
 public:
  Disturbance(std::uint64_t seed, std::uint32_t cores)
      : state_(seed * 0x9e3779b97f4a7c15 | 1), cores_(cores) {
    self_ = this;
    Migrate();
    lockfree::perturb = [] { self_->StandAside(8); };
    lockfree::perturb_look = [] { self_->StandAside(8); };
    lockfree::perturb_plain = [] { self_->StandAside(64); };
    port::VirtualCores::interrupted = [] { return self_->Interrupt(); };
  }
  ~Disturbance() {
    lockfree::perturb = nullptr;
    lockfree::perturb_look = nullptr;
    lockfree::perturb_plain = nullptr;
    port::VirtualCores::interrupted = nullptr;
  }
  Disturbance(const Disturbance&) = delete;
  Disturbance& operator=(const Disturbance&) = delete;

  std::uint64_t Random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ >> 16;
  }
  // To any core, also to one without a cache, and now and then to none that is known.
  void Migrate() {
    const auto core = static_cast<std::uint32_t>(Random() % (cores_ + 2));
    port::VirtualCores::current = core <= cores_ ? core : port::kNoCore;
  }

 private:
  void StandAside(std::uint64_t seldom) {
    const std::uint64_t die = Random();
    if (die % 10'000 == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    } else if (die % seldom == 0) {
      std::this_thread::yield();
    }
  }
  bool Interrupt() {
    const std::uint64_t die = Random();
    if (die % 16 == 1) std::this_thread::yield();  // others wait for the core, or fence
    if (die % 32 == 0) Migrate();
    return die % 16 == 0;
  }

  static inline thread_local Disturbance* self_ = nullptr;

  std::uint64_t state_;
  std::uint32_t cores_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_VIRTUAL_DISTURBANCE_H_
