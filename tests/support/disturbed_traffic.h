// Token traffic of threads that are interrupted, moved and put to sleep all the while.

#ifndef COREPOOL_TESTS_SUPPORT_DISTURBED_TRAFFIC_H_
#define COREPOOL_TESTS_SUPPORT_DISTURBED_TRAFFIC_H_

#include <signal.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <thread>

#include "tests/support/disturbances.h"
#include "tests/support/gang.h"
#include "tests/support/signals.h"
#include "tests/support/token_traffic.h"

namespace corepool::testing {

struct Disturbances {
  long timer = 0;       // nanoseconds between interrupts of a thread; 0: none
  bool sender = false;  // one more thread interrupts the others
  bool mover = false;   // and another one moves them from core to core
  std::uint64_t yield_every = 64;  // a thread's steps, on average
  std::uint64_t sleep_every = 4096;
};

// Multiplies what tests do by themselves in campaigns: COREPOOL_EFFORT=20.
inline int Effort() {
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  return effort == nullptr || std::atoi(effort) < 1 ? 1 : std::atoi(effort);
}

// What interrupt handlers do: each allocates, frees, and keeps a block until the next.
class InterruptTraffic {
 public:
  static inline std::atomic<TokenTraffic*> traffic{nullptr};
  static inline std::atomic<std::uint64_t> interrupts{0};
  static inline std::atomic<std::uint64_t> hit_a_section{0};
  static inline std::atomic<bool> yields{false};  // handlers let others run

  static void Handle(int, siginfo_t*, void* context) {
    const int saved_errno = errno;
    interrupts.fetch_add(1, std::memory_order_relaxed);
    if (HasAbortedASection(context)) {
      hit_a_section.fetch_add(1, std::memory_order_relaxed);
    }
    if (yields.load(std::memory_order_relaxed)) std::this_thread::yield();
    TokenTraffic* const here = traffic.load(std::memory_order_relaxed);
    if (here != nullptr && slot.owner != 0) {
      if (slot.kept != nullptr) {
        here->Give(slot.kept, slot.owner);
        slot.kept = nullptr;
      } else {
        slot.kept = here->Take(slot.owner);
      }
      if (void* const block = here->Take(slot.owner)) here->Give(block, slot.owner);
    }
    errno = saved_errno;
  }

  // Around a thread's work.
  static void Begin(std::uint32_t owner) {
    Mask(SIG_UNBLOCK);
    slot.owner = owner;
  }
  static void End() {
    Mask(SIG_BLOCK);
    if (slot.kept != nullptr) traffic.load()->Give(slot.kept, slot.owner);
    slot = Slot{};
  }

 private:
  struct Slot {
    std::uint32_t owner;
    void* kept;
  };
  static inline constinit thread_local Slot slot{};

  static void Mask(int how) {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGUSR1);
    pthread_sigmask(how, &interrupt, nullptr);
  }
};

// For `duration`, or until the first fault.
inline TrafficReport RunDisturbed(TokenTraffic& traffic, int threads,
                                  const Disturbances& disturbances,
                                  std::chrono::milliseconds duration) {
  InterruptTraffic::traffic.store(&traffic);
  {
    const InterruptHandler handler(&InterruptTraffic::Handle);
    std::optional<Disturber> sender;
    std::optional<Disturber> mover;
    if (disturbances.sender) sender.emplace(20'000, Interrupt);
    if (disturbances.mover) mover.emplace(100'000, Mover());
    RunGang(threads, [&](int number) {
      constexpr std::uint32_t kHandlers = 1000;
      const auto place = static_cast<std::size_t>(number);
      const auto owner = static_cast<std::uint32_t>(number) + 1;
      InterruptTraffic::Begin(kHandlers + owner);
      if (sender) sender->Subject(place);
      if (mover) mover->Subject(place);
      {
        std::optional<InterruptingTimer> timer;
        if (disturbances.timer != 0) timer.emplace(disturbances.timer);
        Visitor visitor(traffic, owner,
                        traffic.blocks() / static_cast<std::size_t>(threads) + 1);
        const auto end = std::chrono::steady_clock::now() + duration;
        do {
          for (int i = 0; i < 64; ++i) {
            const std::uint64_t dice = visitor.Random();
            if (!visitor.Step() || dice % disturbances.yield_every == 0) {
              std::this_thread::yield();
            }
            if ((dice >> 32) % disturbances.sleep_every == 0) {
              const timespec pause = {.tv_sec = 0, .tv_nsec = 1000};
              nanosleep(&pause, nullptr);
            }
          }
        } while (std::chrono::steady_clock::now() < end && !traffic.faulty());
      }
      if (sender) sender->Release(place);
      if (mover) mover->Release(place);
      InterruptTraffic::End();
    });
  }
  InterruptTraffic::traffic.store(nullptr);
  return traffic.Report();
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_DISTURBED_TRAFFIC_H_
