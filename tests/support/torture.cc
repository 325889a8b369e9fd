#include "tests/support/torture.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/stats.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kBlockSize = 64;
constexpr std::size_t kWords = kBlockSize / sizeof(std::uint64_t);
constexpr std::size_t kMostHeld = 16;

struct Shared {
  explicit Shared(const TortureOptions& torture)
      : options(torture),
        pool({.block_size = kBlockSize,
              .block_count = torture.blocks,
              .checking = torture.checking,
              .caching = torture.caching,
              .state = torture.state,
              .cores = torture.cores}),
        ledger(torture.blocks) {}

  const TortureOptions& options;
  TestPool pool;
  OwnershipLedger ledger;
  std::atomic<std::uint64_t> damaged{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> false_failures{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<bool> faulty{false};
};

class Worker {
 public:
  Worker(Shared& shared, int number)
      : shared_(shared),
        owner_(static_cast<std::uint32_t>(number) + 1),
        random_(shared.options.seed * 1000 + owner_) {}

  void Run(std::uint64_t operations) {
    // Attempts are bounded too: if blocks were lost until none is left, nobody would
    // ever get on.
    for (std::uint64_t attempts = 0; done_ < operations && attempts < 20 * operations &&
                                     !shared_.faulty.load(std::memory_order_relaxed);
         ++attempts) {
      const std::uint64_t dice = random_();
      const bool allocate = held_.size() < shared_.options.held_per_thread &&
                            (held_.empty() || (dice & 1) != 0);
      const bool bulk = shared_.options.bulk && (dice & 14) == 0;
      if (allocate) {
        bulk ? AllocateSome() : AllocateOne();
      } else {
        bulk ? FreeAll() : FreeOne((dice >> 8) % held_.size());
      }
    }
    FreeAll();
    shared_.operations.fetch_add(done_, std::memory_order_relaxed);
  }

 private:
  void AllocateOne() {
    const auto [error, block] = shared_.pool->TryAllocate();
    if (error == Error::kOk) {
      Take(block);
      return;
    }
    if (error != Error::kExhausted || EnoughForAll()) Fault(shared_.false_failures);
  }

  // If every thread may hold its share at once, who wants a part of it finds it.
  bool EnoughForAll() const {
    return static_cast<std::size_t>(shared_.options.threads) *
               shared_.options.held_per_thread <=
           shared_.options.blocks;
  }

  void AllocateSome() {
    std::array<void*, kMostHeld> blocks;
    const std::size_t room = shared_.options.held_per_thread - held_.size();
    const std::span<void*> wanted(blocks.data(), 1 + random_() % room);
    std::size_t taken = wanted.size();
    if ((random_() & 1) != 0) {
      taken = shared_.pool->AllocateUpTo(wanted);
    } else if (shared_.pool->AllocateBulk(wanted) != Error::kOk) {
      taken = 0;
    }
    if (taken < wanted.size() && EnoughForAll()) Fault(shared_.false_failures);
    for (std::size_t i = 0; i < taken; ++i) Take(blocks[i]);
  }

  void Take(void* block) {
    ++done_;
    shared_.ledger.Take(shared_.pool->IndexOf(block), owner_);
    if (shared_.ledger.faults() != 0) {
      shared_.faulty.store(true, std::memory_order_relaxed);
      return;  // somebody else's; hands off
    }
    auto* const words = static_cast<std::uint64_t*>(block);
    std::fill(words, words + kWords, StampOf(block));
    held_.push_back(block);
  }

  void FreeOne(std::size_t which) {
    std::swap(held_[which], held_.back());
    void* const block = held_.back();
    held_.pop_back();
    Give(block);
    if (shared_.pool->Free(block) != Error::kOk) Fault(shared_.refused);
  }

  void FreeAll() {
    for (void* const block : held_) Give(block);
    if (shared_.pool->FreeBulk(held_) != Error::kOk) Fault(shared_.refused);
    held_.clear();
  }

  void Give(void* block) {
    ++done_;
    const auto* const words = static_cast<const std::uint64_t*>(block);
    const std::uint64_t stamp = StampOf(block);
    if (!std::all_of(words, words + kWords,
                     [stamp](std::uint64_t word) { return word == stamp; })) {
      Fault(shared_.damaged);
    }
    shared_.ledger.Give(shared_.pool->IndexOf(block), owner_);
  }

  void Fault(std::atomic<std::uint64_t>& kind) {
    kind.fetch_add(1, std::memory_order_relaxed);
    shared_.faulty.store(true, std::memory_order_relaxed);
  }

  std::uint64_t StampOf(const void* block) const {
    return reinterpret_cast<std::uintptr_t>(block) * 31 + owner_;
  }

  Shared& shared_;
  const std::uint32_t owner_;
  std::mt19937_64 random_;
  std::vector<void*> held_;
  std::uint64_t done_ = 0;
};

}  // namespace

TortureReport Torture(const TortureOptions& options) {
  Shared shared(options);
  RunGang(options.threads, [&](int number) {
    Worker(shared, number)
        .Run(options.operations / static_cast<std::uint64_t>(options.threads));
  });
  TortureReport report;
  report.operations = shared.operations.load(std::memory_order_relaxed);
  report.doubled = shared.ledger.faults();
  report.damaged = shared.damaged.load(std::memory_order_relaxed);
  report.refused = shared.refused.load(std::memory_order_relaxed);
  report.false_failures = shared.false_failures.load(std::memory_order_relaxed);
  // After a fault the free list may be a circle.
  if (report.doubled + report.damaged + report.refused + report.false_failures == 0) {
    report.sound = shared.pool.SoundAtRest(0);
    const PoolStats stats = shared.pool->Stats();
    report.sound = report.sound && stats.allocations + stats.frees == report.operations;
    report.missing = options.blocks - shared.pool.DrainAndRefill().size();
  }
  return report;
}

}  // namespace corepool::testing
