// What takes part in bench/quad_pool_bench.cc, and the loops that measure it: one
// template for all.

#ifndef COREPOOL_BENCH_QUAD_CONTESTANT_H_
#define COREPOOL_BENCH_QUAD_CONTESTANT_H_

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/peers/cpu.h"
#include "bench/peers/slice.h"
#include "bench/quad/mix.h"
#include "stress/latency_histogram.h"

namespace corepool::bench {

// What a slice came to.
struct QuadSlice {
  Work work;  // a pair is a request, and the free of what the slot held
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;       // of these
  stress::LatencyHistogram single;  // ticks of each operation, if they were timed
};

class QuadContestant {
 public:
  virtual ~QuadContestant() = default;
  virtual QuadSlice Run(std::size_t threads, bool timed,
                        std::chrono::nanoseconds duration,
                        const std::vector<int>& cpus) = 0;
};

// A handle to an allocator, a pointer or two, whose functions are inlined into the
// loops.
template <class Adapter>
concept QuadAdapter = std::copyable<Adapter> && requires(Adapter pool, void* block) {
  { pool.Allocate(std::size_t{}) } -> std::same_as<void*>;
  pool.Free(block);
};

template <QuadAdapter Adapter>
class QuadContestantOf : public QuadContestant {
 public:
  // The obstacles stay for as long as the program runs.
  QuadContestantOf(const Mix& mix, Adapter pool) : mix_(mix), pool_(pool) {
    if (mix.obstacles == 0) return;
    std::mt19937 random(1);
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < kQuadLeaves; ++i) {
      blocks.push_back(pool_.Allocate(kQuadMin));
    }
    for (void* const block : blocks) {
      if (random() % mix.obstacles != 0) pool_.Free(block);
    }
  }

  QuadSlice Run(std::size_t threads, bool timed, std::chrono::nanoseconds duration,
                const std::vector<int>& cpus) override {
    std::vector<QuadSlice> parts(threads);
    std::vector<stress::LatencyHistogram> warm_ups(timed ? threads : 0);
    const Work work =
        RunSlice(cpus, threads, duration, [&](Lane& lane, std::size_t thread) {
          const std::size_t slots = mix_.slots / threads;
          QuadDraws draws(static_cast<unsigned>(thread) + 1, slots);
          std::vector<void*> held(slots);
          for (std::size_t i = 0; i < 2 * slots; ++i) {
            Replace(pool_, draws.Next(), held);
          }
          if (timed) {
            ChurnTimed(pool_, lane, draws, held, warm_ups[thread], parts[thread]);
          } else {
            Churn(pool_, lane, draws, held, parts[thread]);
          }
          for (void* const block : held) {
            if (block != nullptr) pool_.Free(block);
          }
        });
    QuadSlice all;
    all.work = work;
    for (const QuadSlice& part : parts) {
      all.requests += part.requests;
      all.failures += part.failures;
      all.single.Merge(part.single);
    }
    return all;
  }

 private:
  static constexpr int kPairsPerLook = 64;

  // Whether there was a block.
  [[gnu::always_inline]] static bool Replace(Adapter& pool, QuadDraws::Draw draw,
                                             std::vector<void*>& held) {
    void*& slot = held[draw.slot];
    if (slot != nullptr) pool.Free(slot);
    void* block = pool.Allocate(draw.size);
    Forget(block);
    if (block != nullptr) Touch(block);
    slot = block;
    return block != nullptr;
  }

  [[gnu::noinline]] static void Churn(Adapter pool, Lane& lane, QuadDraws& draws,
                                      std::vector<void*>& held, QuadSlice& slice) {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    while (lane.running()) {
      for (int i = 0; i < kPairsPerLook; ++i) {
        if (!Replace(pool, draws.Next(), held)) ++failures;
      }
      requests += kPairsPerLook;
      lane.Count(kPairsPerLook);
    }
    slice.requests = requests;
    slice.failures = failures;
  }

  [[gnu::noinline]] static void ChurnTimed(Adapter pool, Lane& lane, QuadDraws& draws,
                                           std::vector<void*>& held,
                                           stress::LatencyHistogram& warm_up,
                                           QuadSlice& slice) {
    while (lane.running()) {
      stress::LatencyHistogram& single = lane.measured() ? slice.single : warm_up;
      for (int i = 0; i < kPairsPerLook; ++i) {
        const QuadDraws::Draw draw = draws.Next();
        void*& slot = held[draw.slot];
        if (slot != nullptr) {
          const std::int64_t begin = Ticks();
          pool.Free(slot);
          single.Record(Ticks() - begin);
        }
        const std::int64_t begin = Ticks();
        void* block = pool.Allocate(draw.size);
        Forget(block);
        single.Record(Ticks() - begin);
        if (block != nullptr) Touch(block);
        slot = block;
        ++slice.requests;
        if (block == nullptr) ++slice.failures;
      }
      lane.Count(kPairsPerLook);
    }
  }

  const Mix& mix_;
  Adapter pool_;
};

// Everybody who takes part, in any order.
struct QuadEntry {
  std::string name;
  // With a pool of its own. May throw std::runtime_error.
  std::function<std::unique_ptr<QuadContestant>(const Mix& mix)> make;
};

inline std::deque<QuadEntry>& QuadEntries() {
  static std::deque<QuadEntry> entries;
  return entries;
}

// Before main: adds what `make`, a function that makes adapters, adapts.
class QuadRegistration {
 public:
  template <class Make>
  QuadRegistration(std::string name, Make make) {
    QuadEntries().push_back(
        {std::move(name), [make](const Mix& mix) -> std::unique_ptr<QuadContestant> {
           using Adapter = decltype(make());
           return std::make_unique<QuadContestantOf<Adapter>>(mix, make());
         }});
  }
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_QUAD_CONTESTANT_H_
