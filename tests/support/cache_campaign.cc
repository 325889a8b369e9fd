// The token test as a program, for campaigns of any length:
//
//   ./bazelw run -c opt //tests/support:cache_campaign -- [--allocations=100000000]
//       [--threads=N] [--caching=rseq|cas|none]
//
// Whoever has taken one of N tokens must be given one of N blocks. Threads yield after
// one in 8 of their steps, at one in 8 of the pool's read-modify-writes and one in 32
// of the looks that it takes; at one in 10 000 they sleep or interrupt themselves; and
// timers interrupt them at any instruction. The handler allocates, frees and lets
// others run. Prints a line for each configuration and ends with 1 if in any of them a
// caller with a token failed, or a block was lost, doubled or damaged.

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include "corepool/options.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/signals.h"
#include "tests/support/token_traffic.h"

namespace corepool::testing {
namespace {

struct Options {
  std::uint64_t allocations = 1'000'000;  // in each configuration
  int threads = 0;                        // 0: 2, 4, 8 and 12
  std::string caching;                    // empty: all
};

thread_local std::uint64_t dice = 1;

void Roll() {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
}

void PerturbLook() {
  Roll();
  if (dice % 32 == 0) std::this_thread::yield();
}

void Perturb() {
  Roll();
  if (dice % 8 == 0) std::this_thread::yield();
  switch ((dice >> 32) % 20'000) {
    case 0: {
      const timespec pause = {.tv_sec = 0, .tv_nsec = 1000};
      nanosleep(&pause, nullptr);
      break;
    }
    case 1: Interrupt(gettid()); break;
    default: break;
  }
}

void Add(const TrafficReport& what, TrafficReport& to) {
  to.allocations += what.allocations;
  to.failures += what.failures;
  to.doubled += what.doubled;
  to.damaged += what.damaged;
  to.refused += what.refused;
  to.missing += what.missing;
  to.sound = to.sound && what.sound;
}

TrafficReport RunPart(Caching caching, int threads, std::size_t blocks,
                      std::size_t held, std::uint64_t allocations) {
  TokenTraffic traffic(blocks, caching);
  InterruptTraffic::traffic = &traffic;
  RunGang(threads, [&](int number) {
    const auto owner = static_cast<std::uint32_t>(number) + 1;
    InterruptTraffic::Begin(1000 + owner);
    dice = owner * 0x9e3779b97f4a7c15;
    lockfree::perturb = &Perturb;
    lockfree::perturb_look = &PerturbLook;
    {
      const InterruptingTimer timer(50'000L * threads);
      Visitor visitor(traffic, owner, held);
      while (traffic.allocations() < allocations && !traffic.faulty()) {
        if (!visitor.Step() || visitor.Random() % 8 == 0) std::this_thread::yield();
      }
    }
    lockfree::perturb = nullptr;
    lockfree::perturb_look = nullptr;
    InterruptTraffic::End();
  });
  InterruptTraffic::traffic = nullptr;
  return traffic.Report();
}

bool Run(const Options& options, Caching caching, int threads) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  InterruptTraffic::interrupts = 0;
  InterruptTraffic::hit_a_section = 0;
  TrafficReport sum;
  const auto each = static_cast<std::size_t>(threads);
  // Threads want more than there is, so that hardly a block is free at any time; with
  // few blocks, with one for each thread, and with several magazines.
  const struct {
    std::size_t blocks, held;
  } parts[] = {{each / 2 + 1, 1}, {each, 2}, {3 * each + 20, 16}};
  for (const auto& [blocks, held] : parts) {
    const TrafficReport part =
        RunPart(caching, threads, blocks, held, options.allocations / 3 + 1);
    Add(part, sum);
    if (!part.Clean()) break;
  }
  std::cout << NameOf(caching) << ", " << threads << " threads: " << sum << "; "
            << InterruptTraffic::interrupts << " interrupts, "
            << InterruptTraffic::hit_a_section << " in sections; "
            << std::chrono::duration<double>(Clock::now() - start).count() << " s"
            << std::endl;
  return sum.Clean();
}

bool Parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = argument.substr(0, equals);
    const std::string value(argument.substr(equals + 1));
    if (name == "--allocations") {
      options.allocations = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--threads") {
      options.threads = std::atoi(value.c_str());
    } else if (name == "--caching") {
      options.caching = value;
    } else {
      return false;
    }
  }
  return options.allocations > 0 && options.threads >= 0;
}

int Main(int argc, char** argv) {
  Options options;
  if (!Parse(argc, argv, options)) {
    std::cerr << "usage: cache_campaign [--allocations=N] [--threads=N] "
                 "[--caching=rseq|cas|none]\n";
    return 2;
  }
  InterruptTraffic::yields = true;
  const InterruptHandler handler(&InterruptTraffic::Handle);
  bool clean = true;
  const struct {
    const char* name;
    Caching caching;
  } kinds[] = {
      {"rseq", Caching::kRseq}, {"cas", Caching::kCas}, {"none", Caching::kNone}};
  for (const auto& kind : kinds) {
    if (!options.caching.empty() && options.caching != kind.name) continue;
    if (!Works(kind.caching)) {
      std::cout << NameOf(kind.caching) << ": SKIPPED, not to be had here" << std::endl;
      continue;
    }
    for (const int threads : {2, 4, 8, 12}) {
      if (options.threads != 0 && options.threads != threads) continue;
      clean = Run(options, kind.caching, threads) && clean;
    }
  }
  return clean ? 0 : 1;
}

}  // namespace
}  // namespace corepool::testing

int main(int argc, char** argv) { return corepool::testing::Main(argc, argv); }
