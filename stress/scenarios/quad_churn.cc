// quad_churn: blocks of all sizes are split off, merged and resized by threads that
// have no more blocks together than the pool has of the largest. Each block lies in one
// of those only; so for whoever may have one more, one of them is whole, or can be made
// so. Timers take the threads off their CPUs at any instruction.
//
// Promise: no two blocks overlap, none changes while somebody has it, a request that
// may not fail does not, and in the end all of the largest blocks are there again.
// Must catch: double_hand_out, a block that is handed out and stays free.
// Heeds all flags of the load but --producers, --consumers, --bulk and --caching.
// --pool_blocks are the largest blocks, and --block_size is theirs.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/hosted/owned_quad_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/clock.h"
#include "stress/gang.h"
#include "stress/jolts.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/occupancy_track.h"
#include "stress/pool_memory.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/tokens.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

// What actors measure besides allocating and freeing.
constexpr std::size_t kReallocate = kPoolOperations;
constexpr std::size_t kDefragment = kPoolOperations + 1;
constexpr std::size_t kRatio = 64;  // of the largest block to the smallest

// A QuadPool whose every call is verified. The ledger has a line for each of the
// smallest blocks, and a block has as many as it is large.
class QuadBed {
 public:
  QuadBed(const QuadPoolOptions& options, RunControl& control, std::uint64_t seed)
      : options_(options),
        ledger_(options.block_count * kRatio, options.min_block_size, seed, control) {
    options_.misuse_handler = BlockLedger::OnMisuse;
    options_.misuse_context = &ledger_;
  }

  absl::Status Init(bool prefault) {
    const std::size_t bytes = RequiredBytes(options_);
    memory_ =
        std::make_unique<PoolMemory>(bytes, RequiredAlignment(options_), prefault);
    if (memory_->span().size() != bytes) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("there is no memory for %d blocks of %d bytes",
                          options_.block_count, options_.max_block_size));
    }
    const Error error = pool_.Init(options_, memory_->span());
    return error == Error::kOk ? absl::OkStatus() : hosted::ToStatus(error, options_);
  }

  QuadPool& pool() { return pool_; }
  BlockLedger& ledger() { return ledger_; }

  // The caller has a token, so this may not fail.
  void* Allocate(Actor& actor, std::size_t size) {
    const std::int64_t begin = Now();
    void* const block = pool_.Allocate(size);
    actor.Record(kAllocate, begin, Now());
    if (block == nullptr) {
      ledger_.Found(Fault::kExhausted, kNoIndex, &actor);
      return nullptr;
    }
    ++actor.operations;
    return Take(actor, block, size, begin) ? block : nullptr;
  }

  void Free(Actor& actor, void* block, bool tell_size) {
    const std::size_t size = pool_.SizeOf(block);
    if (!Give(actor, block, size)) return;
    const std::int64_t begin = Now();
    const Error error = tell_size ? pool_.Free(block, size) : pool_.Free(block);
    actor.Record(kFree, begin, Now());
    ++actor.operations;
    if (error != Error::kOk) {
      ledger_.Found(Fault::kRefused, pool_.IndexOf(block), &actor,
                    static_cast<std::uint64_t>(error));
    }
  }

  // The caller has another token, for the second block that this may take; it may not
  // fail. The block that it has then. The ledger does not know what is copied, so that
  // is looked at here.
  void* Reallocate(Actor& actor, void* block, std::size_t size) {
    const std::size_t before = pool_.SizeOf(block);
    if (!Give(actor, block, before)) return nullptr;
    const std::size_t common = std::min(before, size) / sizeof(std::uint64_t);
    const std::uint64_t pattern = actor.random();
    auto* const words = static_cast<std::uint64_t*>(block);
    for (std::size_t i = 0; i < common; ++i) words[i] = pattern + i;
    const std::int64_t begin = Now();
    void* const now = pool_.Reallocate(block, size);
    actor.Record(kReallocate, begin, Now());
    if (now == nullptr) {
      ledger_.Found(Fault::kExhausted, kNoIndex, &actor);
      return nullptr;
    }
    ++actor.operations;
    const auto* const copied = static_cast<const std::uint64_t*>(now);
    for (std::size_t i = 0; i < common; ++i) {
      if (copied[i] == pattern + i) continue;
      ledger_.Found(Fault::kDamaged, pool_.IndexOf(now), &actor,
                    i * sizeof(std::uint64_t));
      break;
    }
    return Take(actor, now, size, begin) ? now : nullptr;
  }

  void Defragment(Actor& actor) {
    const std::int64_t begin = Now();
    pool_.Defragment();
    actor.Record(kDefragment, begin, Now());
    ++actor.operations;
  }

  // At the end, when nobody ought to have a block.
  void CheckQuiet() {
    if (!ledger_.faultless() || ledger_.owned() != 0) return;
    const AuditReport audit = pool_.Audit(AuditMode::kAtRest);
    if (audit.error != Error::kOk) {
      ledger_.Found(Fault::kUnsound,
                    absl::StrFormat("%s at block %d", ErrorName(audit.error),
                                    static_cast<std::int64_t>(audit.index)));
    }
    const PoolStats stats = pool_.Stats();
    if (stats.used != 0 || stats.allocations != stats.frees || stats.misuses != 0) {
      ledger_.Found(Fault::kStatistics,
                    absl::StrFormat("%d used, %d allocations, %d frees", stats.used,
                                    stats.allocations, stats.frees));
    }
    std::vector<void*> all(options_.block_count + 1);
    const std::size_t count = pool_.AllocateUpTo(options_.max_block_size, all);
    std::vector<bool> seen(options_.block_count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = pool_.IndexOf(all[i]) / kRatio;
      if (place < seen.size() && !seen[place]) {
        seen[place] = true;
      } else {
        ledger_.Found(Fault::kDoubled, absl::StrFormat("block %d when drained", place));
      }
    }
    if (count < options_.block_count) {
      ledger_.Found(Fault::kLost, absl::StrFormat("%d of %d of the largest blocks",
                                                  options_.block_count - count,
                                                  options_.block_count));
    }
    if (!ledger_.faultless()) return;
    const Error error = pool_.FreeBulk(std::span(all).first(count));
    if (error != Error::kOk) ledger_.Found(Fault::kRefused, ErrorName(error));
  }

 private:
  bool Take(Actor& actor, void* block, std::size_t asked, std::int64_t at) {
    const std::size_t first = pool_.IndexOf(block);
    const std::size_t size = pool_.SizeOf(block);
    if (size < asked || first == kNoIndex) {
      ledger_.Found(Fault::kOutside, first, &actor,
                    reinterpret_cast<std::uintptr_t>(block));
      return false;
    }
    bool good = true;
    for (std::size_t i = 0; good && i < LeavesOf(size); ++i) {
      good = ledger_.Take(actor, first + i, LeafOf(block, i), at);
    }
    return good;
  }
  bool Give(Actor& actor, void* block, std::size_t size) {
    const std::size_t first = pool_.IndexOf(block);
    if (size == 0) {
      // The pool says that nothing begins here.
      ledger_.Found(Fault::kLost, first, &actor);
      return false;
    }
    bool good = true;
    for (std::size_t i = 0; good && i < LeavesOf(size); ++i) {
      good = ledger_.Give(actor, first + i, LeafOf(block, i));
    }
    return good;
  }
  std::size_t LeavesOf(std::size_t size) const {
    return size / options_.min_block_size;
  }
  void* LeafOf(void* block, std::size_t leaf) const {
    return static_cast<std::byte*>(block) + leaf * options_.min_block_size;
  }

  QuadPoolOptions options_;
  BlockLedger ledger_;
  std::unique_ptr<PoolMemory> memory_;
  QuadPool pool_;
};

// One thread's blocks.
class Churn {
 public:
  Churn(QuadBed& bed, Tokens& tokens, std::size_t largest, std::size_t most)
      : bed_(bed), tokens_(tokens), largest_(largest), most_(most) {}

  void Step(Actor& actor) {
    const std::uint64_t dice = actor.random.Below(64);
    if (dice == 0) {
      bed_.Defragment(actor);
    } else if (dice < 10 && !held_.empty()) {
      Reallocate(actor);
    } else if (held_.empty() || (dice % 4 != 0 && held_.size() < most_)) {
      Allocate(actor);
    } else {
      FreeOne(actor, actor.random.Below(held_.size()));
    }
  }
  void FreeAll(Actor& actor) {
    while (!held_.empty()) FreeOne(actor, held_.size() - 1);
  }

 private:
  // Mostly so large that little is left; else each power of two is as likely as any
  // other.
  std::size_t SomeSize(Actor& actor) const {
    if (actor.random.Below(4) != 0) return largest_;
    const auto widths = static_cast<std::uint64_t>(std::bit_width(largest_));
    const std::size_t bound = largest_ >> actor.random.Below(widths);
    return 1 + actor.random.Below(bound);
  }

  void Allocate(Actor& actor) {
    if (!tokens_.Take()) {
      if (!held_.empty()) FreeOne(actor, held_.size() - 1);
      return;
    }
    void* const block = bed_.Allocate(actor, SomeSize(actor));
    if (block != nullptr) held_.push_back(block);
  }

  void Reallocate(Actor& actor) {
    if (!tokens_.Take()) return;
    void*& block = held_[actor.random.Below(held_.size())];
    block = bed_.Reallocate(actor, block, SomeSize(actor));
    if (block == nullptr) {
      std::swap(block, held_.back());
      held_.pop_back();
    }
    tokens_.Give();
  }

  void FreeOne(Actor& actor, std::size_t which) {
    std::swap(held_[which], held_.back());
    bed_.Free(actor, held_.back(), (actor.random() & 1) != 0);
    held_.pop_back();
    tokens_.Give();
  }

  QuadBed& bed_;
  Tokens& tokens_;
  const std::size_t largest_;
  const std::size_t most_;
  std::vector<void*> held_;
};

absl::StatusOr<ScenarioRecord> RunQuadChurn(const LoadOptions& asked,
                                            RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = std::max(3, 2 * CpuCount());
  const auto threads = static_cast<std::size_t>(load.threads);
  if (load.pool_blocks == 0) load.pool_blocks = 16 * threads;
  if (load.block_size == 0) load.block_size = 1024;
  const QuadPoolOptions options{.min_block_size = load.block_size / kRatio,
                                .max_block_size = load.block_size,
                                .block_count = load.pool_blocks,
                                .checking = load.checking,
                                .measure_peak = true,
                                .name = "stressed"};
  if (const Error error = Validate(options); error != Error::kOk) {
    return hosted::ToStatus(error, options);
  }
  QuadBed bed(options, control, load.seed);
  absl::Status status = bed.Init(load.prefault);
  if (!status.ok()) return status;
  Tokens tokens(static_cast<std::int64_t>(load.pool_blocks));

  std::vector<std::string> operations = PoolOperations();
  operations.insert(operations.end(), {"reallocate", "defragment"});
  const JoltsInstalled installed;
  Gang gang(load, control, operations);
  status = gang.Plan({{load.threads, [&](Worker& worker) {
                         // Together more than there are: nearly all are taken all the
                         // time.
                         Churn churn(bed, tokens, load.block_size,
                                     2 + load.pool_blocks * 3 / 2 / threads);
                         const Jolts jolts;
                         while (worker.Next()) churn.Step(worker.actor());
                         churn.FreeAll(worker.actor());
                       }}});
  if (!status.ok()) return status;
  OccupancyTrack occupancy;
  gang.Watch([&] { return bed.pool().Stats().used; }, occupancy);
  status = gang.Run();
  if (!status.ok()) return status;

  ScenarioRecord record;
  const PoolStats stats = bed.pool().Stats();
  bed.CheckQuiet();
  record.config = LoadSettings(load);
  gang.AddTo(record);
  bed.ledger().AddTo(record, gang.began());
  record.pools.push_back(
      {.name = "stressed", .stats = stats, .occupancy = std::move(occupancy)});
  return record;
}

}  // namespace

constinit const Scenario kQuadChurn = {
    .name = "quad_churn",
    .summary = "blocks of all sizes, split, merged and resized",
    .must_catch = "double_hand_out",
    .ignores = "producers consumers bulk caching",
    .run = RunQuadChurn,
};

}  // namespace corepool::stress
