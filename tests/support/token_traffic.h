// Traffic in which demand equals the pool: there is a token for each block, and who
// has taken a token must be given a block.

#ifndef COREPOOL_TESTS_SUPPORT_TOKEN_TRAFFIC_H_
#define COREPOOL_TESTS_SUPPORT_TOKEN_TRAFFIC_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_pool.h"
#include "tests/support/tokens.h"

namespace corepool::testing {

struct TrafficReport {
  std::uint64_t allocations = 0;
  std::uint64_t failures = 0;  // of callers with a token
  std::uint64_t doubled = 0;   // blocks handed out while somebody had them
  std::uint64_t damaged = 0;   // blocks that changed while somebody had them
  std::uint64_t refused = 0;   // frees of owned blocks that were refused
  std::uint64_t missing = 0;   // blocks that can no longer be allocated
  bool sound = true;           // audit and statistics at the end

  std::uint64_t faults() const { return failures + doubled + damaged + refused; }
  bool Clean() const { return faults() == 0 && missing == 0 && sound; }
};

inline std::ostream& operator<<(std::ostream& out, const TrafficReport& report) {
  return out << report.allocations << " allocations, " << report.failures
             << " failures, " << report.doubled << " doubled, " << report.damaged
             << " damaged, " << report.refused << " refused, " << report.missing
             << " missing, " << (report.sound ? "sound" : "NOT SOUND");
}

class TokenTraffic {
 public:
  static constexpr std::size_t kBlockSize = 32;

  TokenTraffic(std::size_t blocks, Caching caching, std::size_t cores = 0)
      : TokenTraffic({.block_count = blocks, .caching = caching, .cores = cores}) {}
  // The block size is set here.
  explicit TokenTraffic(PoolOptions options)
      : pool(WithBlockSize(options)),
        ledger_(options.block_count),
        tokens_(options.block_count),
        blocks_(options.block_count) {}

  // Any context. nullptr if there is no token left. `owner` is not 0.
  void* Take(std::uint32_t owner) {
    if (!tokens_.Take()) return nullptr;
    const auto [error, block] = pool->TryAllocate();
    if (error != Error::kOk) {
      Fault(failures_);
      tokens_.Give();
      return nullptr;
    }
    Own(block, owner);
    return block;
  }
  // As many as there are tokens for, up to blocks.size().
  std::size_t TakeSome(std::span<void*> blocks, std::uint32_t owner) {
    const std::size_t count = tokens_.TakeUpTo(blocks.size());
    if (count == 0) return 0;
    if (pool->AllocateBulk(blocks.first(count)) != Error::kOk) {
      Fault(failures_);
      tokens_.Give(count);
      return 0;
    }
    for (void* const block : blocks.first(count)) Own(block, owner);
    return count;
  }

  void Give(void* block, std::uint32_t owner) {
    Disown(block, owner);
    if (pool->Free(block) != Error::kOk) Fault(refused_);
    tokens_.Give();
  }
  void GiveSome(std::span<void* const> blocks, std::uint32_t owner) {
    for (void* const block : blocks) Disown(block, owner);
    if (pool->FreeBulk(blocks) != Error::kOk) Fault(refused_);
    tokens_.Give(blocks.size());
  }

  // What may go on beside the traffic: caches are emptied, and everybody looks.
  void Inspect() {
    pool->FlushCaches();
    const PoolStats stats = pool->Stats();
    const AuditReport audit = pool->Audit(AuditMode::kRunning);
    if (audit.error != Error::kOk || stats.used > blocks_ || stats.peak > blocks_ ||
        stats.peak < stats.used) {
      Fault(unsound_);
    }
  }

  bool faulty() const { return faulty_.load(std::memory_order_relaxed); }
  std::size_t blocks() const { return blocks_; }
  std::uint64_t allocations() const {
    return allocations_.load(std::memory_order_relaxed);
  }

  // When all have given back what they had.
  TrafficReport Report() {
    TrafficReport report;
    report.allocations = allocations();
    report.failures = failures_.load(std::memory_order_relaxed);
    report.damaged = damaged_.load(std::memory_order_relaxed);
    report.refused = refused_.load(std::memory_order_relaxed);
    report.doubled = ledger_.faults();
    report.sound = unsound_.load(std::memory_order_relaxed) == 0;
    // After a fault a free list may be a circle.
    if (!report.sound || report.faults() > 0) return report;
    const PoolStats stats = pool->Stats();
    report.sound = pool.SoundAtRest(0) && pool.misuse.count == 0 &&
                   stats.allocations == report.allocations &&
                   stats.peak >= most_owned_.load(std::memory_order_relaxed);
    report.missing = blocks_ - pool.DrainAndRefill().size();
    report.sound = report.sound && pool.SoundAtRest(0);
    return report;
  }

  TestPool pool;

 private:
  static PoolOptions WithBlockSize(PoolOptions options) {
    options.block_size = kBlockSize;
    return options;
  }

  void Own(void* block, std::uint32_t owner) {
    allocations_.fetch_add(1, std::memory_order_relaxed);
    const std::size_t owned = owned_.fetch_add(1, std::memory_order_relaxed) + 1;
    std::size_t most = most_owned_.load(std::memory_order_relaxed);
    while (owned > most &&
           !most_owned_.compare_exchange_weak(most, owned, std::memory_order_relaxed)) {
    }
    ledger_.Take(pool->IndexOf(block), owner);
    if (ledger_.faults() != 0) faulty_.store(true, std::memory_order_relaxed);
    auto* const words = static_cast<volatile std::uint64_t*>(block);
    for (std::size_t i = 0; i < kWords; ++i) words[i] = StampOf(block, owner);
  }
  void Disown(void* block, std::uint32_t owner) {
    auto* const words = static_cast<const volatile std::uint64_t*>(block);
    for (std::size_t i = 0; i < kWords; ++i) {
      if (words[i] != StampOf(block, owner)) {
        Fault(damaged_);
        break;
      }
    }
    owned_.fetch_sub(1, std::memory_order_relaxed);
    ledger_.Give(pool->IndexOf(block), owner);
    if (ledger_.faults() != 0) faulty_.store(true, std::memory_order_relaxed);
  }
  static std::uint64_t StampOf(const void* block, std::uint32_t owner) {
    return reinterpret_cast<std::uintptr_t>(block) * 31 + owner;
  }
  void Fault(std::atomic<std::uint64_t>& kind) {
    kind.fetch_add(1, std::memory_order_relaxed);
    faulty_.store(true, std::memory_order_relaxed);
  }

  static constexpr std::size_t kWords = kBlockSize / sizeof(std::uint64_t);

  OwnershipLedger ledger_;
  Tokens tokens_;
  std::atomic<std::uint64_t> allocations_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> damaged_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> unsound_{0};
  std::atomic<std::size_t> owned_{0};
  std::atomic<std::size_t> most_owned_{0};  // at once
  std::atomic<bool> faulty_{false};
  const std::size_t blocks_;
};

// One thread's part in the traffic.
class Visitor {
 public:
  Visitor(TokenTraffic& traffic, std::uint32_t owner, std::size_t most_held)
      : traffic_(traffic),
        owner_(owner),
        most_held_(most_held < kMostHeld ? most_held : kMostHeld),
        random_(owner * 0x9e3779b97f4a7c15) {}
  ~Visitor() { traffic_.GiveSome({held_.data(), count_}, owner_); }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  // Takes or gives something. False if there was nothing to take or give.
  bool Step() {
    const std::uint64_t dice = Random();
    if ((dice >> 48) % 1024 == 0) traffic_.Inspect();
    const bool bulk = dice % 8 == 0;
    const bool take = count_ < most_held_ && (count_ == 0 || (dice >> 32) % 2 == 0);
    if (take) {
      if (bulk) {
        const std::size_t wanted = 1 + (dice >> 40) % (most_held_ - count_);
        const std::size_t taken =
            traffic_.TakeSome({held_.data() + count_, wanted}, owner_);
        count_ += taken;
        if (taken > 0) return true;
      } else if (void* const block = traffic_.Take(owner_)) {
        held_[count_++] = block;
        return true;
      }
    }
    if (count_ == 0) return false;
    if (bulk) {
      traffic_.GiveSome({held_.data(), count_}, owner_);
      count_ = 0;
    } else {
      const std::size_t which = (dice >> 16) % count_;
      void* const block = held_[which];
      held_[which] = held_[--count_];
      traffic_.Give(block, owner_);
    }
    return true;
  }

  std::uint64_t Random() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_;
  }

 private:
  static constexpr std::size_t kMostHeld = 16;

  TokenTraffic& traffic_;
  const std::uint32_t owner_;
  const std::size_t most_held_;
  std::uint64_t random_;
  std::array<void*, kMostHeld> held_{};
  std::size_t count_ = 0;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TOKEN_TRAFFIC_H_
