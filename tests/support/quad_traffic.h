// Traffic of many contexts on one QuadPool: each block that is handed out is checked
// leaf by leaf. With tokens, whoever has taken one must be given a block.

#ifndef COREPOOL_TESTS_SUPPORT_QUAD_TRAFFIC_H_
#define COREPOOL_TESTS_SUPPORT_QUAD_TRAFFIC_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>

#include "corepool/error.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/quad_model.h"
#include "tests/support/test_quad_pool.h"
#include "tests/support/tokens.h"

namespace corepool::testing {

struct QuadTrafficReport {
  std::uint64_t operations = 0;  // blocks handed out and taken back
  std::uint64_t failures = 0;    // of callers with a token; without tokens, none
  std::uint64_t doubled = 0;     // leaves handed out while somebody had them
  std::uint64_t damaged = 0;     // leaves that changed while somebody had them
  std::uint64_t refused = 0;     // frees of owned blocks that were refused
  std::uint64_t unsound = 0;     // looks at the pool that found something impossible
  bool whole = true;             // audit, statistics and all memory at the end

  bool Clean() const {
    return failures + doubled + damaged + refused + unsound == 0 && whole;
  }
};

inline std::ostream& operator<<(std::ostream& out, const QuadTrafficReport& report) {
  return out << report.operations << " operations, " << report.failures << " failures, "
             << report.doubled << " doubled, " << report.damaged << " damaged, "
             << report.refused << " refused, " << report.unsound << " unsound, "
             << (report.whole ? "whole" : "NOT WHOLE");
}

class QuadTraffic {
 public:
  static constexpr std::size_t kMostHeld = 8;

  // What one context has.
  struct Held {
    std::uint32_t owner;  // not 0, and nobody else's
    std::size_t limit;    // of blocks, up to kMostHeld
    std::size_t count = 0;
    std::array<void*, kMostHeld> blocks{};
    std::uint64_t operations = 0;
  };

  // Blocks of levels up to `most_level` are asked for. With tokens there are as many
  // as blocks of that level, so that for whoever has a token there is always one whole
  // such block of which nobody has a part. The smallest blocks are at least 4 bytes.
  QuadTraffic(const QuadPoolOptions& options, int most_level, bool with_tokens)
      : pool(options),
        model_(options),
        most_level_(most_level),
        with_tokens_(with_tokens),
        ledger_(model_.leaves()),
        tokens_(model_.leaves() / model_.LeavesOf(most_level)) {}

  // One operation at random, of any context; `random()` are 48 bits or more.
  template <class Random>
  void Operate(Held& held, Random& random) {
    const std::uint64_t die = random() >> 3;
    if (die % 1024 == 0) return Inspect();
    if (die % 256 == 1) return pool->Defragment();
    const int level =
        static_cast<int>((die >> 10) % static_cast<unsigned>(most_level_ + 1));
    const bool allocate = held.count < held.limit && (die >> 20) % 2 == 0;
    if (allocate) {
      (die >> 21) % 8 == 0 ? AllocateSome(held, level, die >> 24)
                           : AllocateOne(held, level);
    } else if (held.count > 0) {
      std::swap(held.blocks[(die >> 24) % held.count], held.blocks[held.count - 1]);
      (die >> 21) % 8 == 0 ? MoveOne(held, level) : FreeOne(held);
    }
  }
  void FreeAll(Held& held) {
    while (held.count > 0) FreeOne(held);
  }

  bool faulty() const { return faulty_.load(std::memory_order_relaxed); }

  // When all contexts are done, and have freed all. After a fault the pool is not
  // looked at any more.
  QuadTrafficReport Report(std::uint64_t operations) {
    report_.operations = operations;
    report_.failures = failures_.load(std::memory_order_relaxed);
    report_.damaged = damaged_.load(std::memory_order_relaxed);
    report_.refused = refused_.load(std::memory_order_relaxed);
    report_.unsound = unsound_.load(std::memory_order_relaxed);
    report_.doubled = ledger_.faults();
    if (report_.Clean()) {
      const PoolStats stats = pool->Stats();
      report_.whole = pool.SoundAtRest(0) && stats.allocations == stats.frees &&
                      stats.misuses == 0 && pool.misuse.count == 0 &&
                      pool.Drain(pool->BlockSizeAt(model_.levels() - 1)).size() ==
                          model_.FreeAt(model_.levels() - 1);
    }
    return report_;
  }

  TestQuadPool pool;

 private:
  void AllocateOne(Held& held, int level) {
    if (with_tokens_ && !tokens_.Take()) return;
    const auto [error, block] = pool->TryAllocate(pool->BlockSizeAt(level));
    if (error == Error::kOk) return Own(held, block, level);
    if (error != Error::kExhausted) Fault(unsound_);
    if (with_tokens_) {
      Fault(failures_);
      tokens_.Give();
    }
  }
  void AllocateSome(Held& held, int level, std::uint64_t die) {
    const std::size_t room = held.limit - held.count;
    std::size_t wanted = 1 + die % room;
    if (with_tokens_ && (wanted = tokens_.TakeUpTo(wanted)) == 0) return;
    std::array<void*, kMostHeld> blocks{};
    const std::span<void*> some(blocks.data(), wanted);
    std::size_t taken = wanted;
    if ((die >> 8) % 2 == 0) {
      taken = pool->AllocateUpTo(pool->BlockSizeAt(level), some);
    } else if (pool->AllocateBulk(pool->BlockSizeAt(level), some) != Error::kOk) {
      taken = 0;
    }
    for (std::size_t i = 0; i < taken; ++i) Own(held, blocks[i], level);
    if (with_tokens_ && taken < wanted) {
      Fault(failures_);
      tokens_.Give(wanted - taken);
    }
  }
  // To a block of another size; there are two of them meanwhile.
  void MoveOne(Held& held, int level) {
    if (with_tokens_ && !tokens_.Take()) return;
    void*& held_block = held.blocks[held.count - 1];
    // The old one may be anybody's before the call is over.
    Disown(held, held_block);
    const std::size_t before = pool->SizeOf(held_block);
    const auto [error, block] =
        pool->TryReallocate(held_block, pool->BlockSizeAt(level));
    if (error == Error::kOk) {
      if (*static_cast<std::uint32_t*>(block) != held.owner) Fault(damaged_);
      if (block == held_block && before != pool->BlockSizeAt(level)) Fault(unsound_);
      held_block = block;
      MakeOwn(held, block);
      held.operations += 2;
    } else {
      if (error != Error::kExhausted) Fault(unsound_);
      if (with_tokens_) Fault(failures_);
      MakeOwn(held, held_block);
    }
    if (with_tokens_) tokens_.Give();
  }

  void Own(Held& held, void* block, int level) {
    if (pool->SizeOf(block) != pool->BlockSizeAt(level)) Fault(unsound_);
    if (!MakeOwn(held, block)) return;
    held.blocks[held.count++] = block;
    ++held.operations;
  }
  bool MakeOwn(const Held& held, void* block) {
    const std::size_t first = pool.LeafOf(block);
    const std::size_t end = first + pool->SizeOf(block) / pool.min_block_size;
    for (std::size_t i = first; i < end; ++i) ledger_.Take(i, held.owner);
    if (ledger_.faults() != 0) {
      faulty_.store(true, std::memory_order_relaxed);
      return false;  // somebody else's; hands off
    }
    for (std::size_t i = first; i < end; ++i) {
      *static_cast<std::uint32_t*>(pool.BlockAt(i)) = held.owner;
    }
    return true;
  }
  void Disown(const Held& held, void* block) {
    const std::size_t first = pool.LeafOf(block);
    const std::size_t end = first + pool->SizeOf(block) / pool.min_block_size;
    if (end == first) Fault(unsound_);
    for (std::size_t i = first; i < end; ++i) {
      if (*static_cast<std::uint32_t*>(pool.BlockAt(i)) != held.owner) Fault(damaged_);
      ledger_.Give(i, held.owner);
    }
  }
  void FreeOne(Held& held) {
    void* const block = held.blocks[--held.count];
    Disown(held, block);
    if (pool->Free(block) != Error::kOk) Fault(refused_);
    if (with_tokens_) tokens_.Give();
    ++held.operations;
  }

  // What may go on beside the traffic.
  void Inspect() {
    const PoolStats stats = pool->Stats();
    if (stats.used > stats.capacity || stats.used + stats.free != stats.capacity ||
        stats.capacity != model_.leaves() || stats.peak > stats.capacity ||
        pool->Audit(AuditMode::kRunning).error != Error::kOk ||
        pool->LargestFree() > pool->BlockSizeAt(model_.levels() - 1)) {
      Fault(unsound_);
    }
    for (int level = 0; level < model_.levels(); ++level) {
      const auto row = pool->LevelStatsAt(level);
      if (row.used > row.capacity || row.free > row.capacity) Fault(unsound_);
    }
  }

  void Fault(std::atomic<std::uint64_t>& kind) {
    kind.fetch_add(1, std::memory_order_relaxed);
    faulty_.store(true, std::memory_order_relaxed);
  }

  const QuadModel model_;  // of the empty pool
  const int most_level_;
  const bool with_tokens_;
  OwnershipLedger ledger_;
  Tokens tokens_;
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> damaged_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> unsound_{0};
  std::atomic<bool> faulty_{false};
  QuadTrafficReport report_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_QUAD_TRAFFIC_H_
