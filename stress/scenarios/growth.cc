// growth: many threads make a DynamicPool grow at the same time, round after round,
// each with a new pool in the same segment: block by block or several at once, up to a
// maximum or until the segment is used up. Tokens, as many as blocks there can be, say
// who must be given one.
//
// Promise: no memory is lost to a race for it: in the end there are as many blocks as
// there can be, all inside the segment, each handed out once; and exhaustion is called
// what it is.
// Must catch: double_hand_out, a block that is handed out and stays free.
// Ignores --producers, --consumers and --bulk.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/occupancy_track.h"
#include "stress/pool_memory.h"
#include "stress/rendezvous.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/tokens.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kBlocks = 256;
constexpr int kSteps = 1000;  // of each thread in a round

class Growth {
 public:
  Growth(const LoadOptions& load, RunControl& control)
      : load_(load),
        threads_(static_cast<std::size_t>(load.threads)),
        // Room for a stride that is up to an alignment longer than the block, and for
        // the first block to be aligned.
        memory_((load.pool_blocks + 1) * (load.block_size + 2 * kDefaultAlignment),
                kDefaultAlignment, load.prefault),
        // With as many blocks as could ever fit in.
        ledger_(memory_.span().size() / load.block_size + 1, load.block_size, load.seed,
                control),
        verified_(pool_, ledger_),
        rendezvous_(load.threads, control) {}

  ~Growth() {
    (void)pool_.Deinit(Leaks::kIgnore);
    (void)segment_.Deinit();
  }
  Growth(const Growth&) = delete;
  Growth& operator=(const Growth&) = delete;

  // Makes the first round's pool.
  absl::Status Init() {
    if (memory_.span().empty()) return NoMemory();
    const Error error = segment_.Init("grown from", memory_.span());
    if (error != Error::kOk) return Failed(error);
    return BeginRound(0);
  }

  // Blocks, more or less. While threads run.
  std::uint64_t used() const {
    const std::int64_t used = most_.load(std::memory_order_relaxed) - tokens_.left();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(used, 0));
  }

  void Run(const Gang& gang, Worker& worker) {
    const auto number = static_cast<std::size_t>(worker.number());
    std::vector<void*> held;
    held.reserve(ledger_.blocks());
    for (std::size_t round = 0;; ++round) {
      for (int step = 0; step < kSteps && worker.Next(); ++step) {
        Step(worker.actor(), held);
      }
      rendezvous_.Meet();
      if (number == round % threads_) TakeTheRest(worker.actor(), held);
      rendezvous_.Meet();
      while (!held.empty()) Free(worker.actor(), held);
      const bool go_on = rendezvous_.Meet();
      if (number == 0) EndRound(gang, round, go_on);
      if (!rendezvous_.Meet() || !go_on) return;
    }
  }

  void AddTo(const Gang& gang, OccupancyTrack occupancy, ScenarioRecord& record) {
    LoadOptions used = load_;
    used.caching = pool_.Caching();
    record.config = LoadSettings(used);
    gang.AddTo(record);
    ledger_.AddTo(record, gang.began());
    record.figures.push_back({"pools", static_cast<double>(rounds_), ""});
    record.figures.push_back({"blocks grown", static_cast<double>(grown_), ""});
    record.pools.push_back(
        {.name = "grown", .stats = last_, .occupancy = std::move(occupancy)});
  }

 private:
  // The rounds' kinds, in turn.
  static std::size_t GrowthOf(std::size_t round) {
    constexpr std::size_t kGrowths[] = {1, 1, 3, 16};
    return kGrowths[round / 2 % std::size(kGrowths)];
  }
  static bool IsLimited(std::size_t round) { return round % 2 == 0; }

  absl::Status NoMemory() const {
    return absl::ResourceExhaustedError(
        absl::StrFormat("there is no memory for %d blocks of %d bytes",
                        load_.pool_blocks, load_.block_size));
  }
  static absl::Status Failed(Error error) {
    const std::string message =
        absl::StrCat("the pool cannot be made: ", ErrorName(error));
    return error == Error::kUnsupported ? absl::UnimplementedError(message)
                                        : absl::FailedPreconditionError(message);
  }

  absl::Status BeginRound(std::size_t round) {
    DynamicPoolOptions options{
        .block_size = load_.block_size,
        .maximum = IsLimited(round) ? load_.pool_blocks : kUnlimited,
        .growth = GrowthOf(round),
        .checking = load_.checking,
        .caching = load_.caching,
        .name = "grown",
        .misuse_handler = BlockLedger::OnMisuse,
        .misuse_context = &ledger_};
    options.initial = std::min<std::size_t>(round % 5, load_.pool_blocks);
    const std::size_t bytes = RequiredBookkeepingBytes(options, segment_);
    if (bookkeeping_ == nullptr || bookkeeping_->span().size() < bytes) {
      bookkeeping_ = std::make_unique<PoolMemory>(bytes, kDynamicBookkeepingAlignment,
                                                  load_.prefault);
      if (bookkeeping_->span().size() != bytes) return NoMemory();
    }
    const Error error = pool_.Init(options, segment_, bookkeeping_->span());
    if (error != Error::kOk) return Failed(error);
    growth_ = options.growth;
    last_error_ = IsLimited(round) ? Error::kExhausted : Error::kSegmentExhausted;
    const auto most =
        static_cast<std::int64_t>(pool_.Stats().capacity + pool_.Growable());
    most_.store(most, std::memory_order_relaxed);
    tokens_.Restart(most);
    ++rounds_;
    return absl::OkStatus();
  }

  void Step(Actor& actor, std::vector<void*>& held) {
    if (held.empty() || actor.random.Below(8) < 5) {
      if (tokens_.Take()) {
        // Who grows several blocks at once has the others to itself for a while.
        Take(actor, held, growth_ == 1 ? Supply::kAssured : Supply::kUnsure);
        return;
      }
      ++actor.failures;
    }
    const std::uint64_t most = 1 + actor.random.Below(2);
    for (std::uint64_t i = 0; i < most && !held.empty(); ++i) Free(actor, held);
  }

  void Take(Actor& actor, std::vector<void*>& held, Supply supply) {
    void* const block = verified_.Allocate(actor, supply);
    if (block == nullptr) {
      tokens_.Give();
      return;
    }
    held.push_back(block);
    const std::span<const std::byte> memory = memory_.span();
    const auto* const first = static_cast<const std::byte*>(block);
    if (first < memory.data() ||
        first + load_.block_size > memory.data() + memory.size()) {
      ledger_.Found(Fault::kOutside, pool_.IndexOf(block), &actor,
                    reinterpret_cast<std::uintptr_t>(block));
    }
  }

  void Free(Actor& actor, std::vector<void*>& held) {
    verified_.Free(actor, held.back());
    held.pop_back();
    tokens_.Give();
  }

  // At a quiet point: what has a token left can be had.
  void TakeTheRest(Actor& actor, std::vector<void*>& held) {
    while (ledger_.faultless() && tokens_.Take()) Take(actor, held, Supply::kAssured);
    if (!ledger_.faultless()) return;
    const std::size_t owned = ledger_.owned();
    const PoolStats stats = pool_.Stats();
    const auto most = static_cast<std::size_t>(most_.load(std::memory_order_relaxed));
    if (owned != most || stats.capacity != most || stats.used != most) {
      ledger_.Found(Fault::kLost,
                    absl::StrFormat("of %d there are %d, of which %d are used", most,
                                    stats.capacity, stats.used));
      return;
    }
    const auto [error, block] = pool_.TryAllocate();
    if (error != last_error_) {
      ledger_.Found(Fault::kRefused,
                    absl::StrFormat("%s instead of %s when no block was left",
                                    ErrorName(error), ErrorName(last_error_)));
    }
  }

  // At a quiet point, when nobody has a block.
  void EndRound(const Gang& gang, std::size_t round, bool go_on) {
    last_ = pool_.Stats();
    grown_ += last_.capacity;
    verified_.CheckQuiet(0, gang.allocations() - allocations_, gang.frees() - frees_);
    allocations_ = gang.allocations();
    frees_ = gang.frees();
    verified_.CheckAllThere();
    if (!ledger_.faultless() || !go_on) return;
    Error error = pool_.Deinit();
    if (error == Error::kOk) error = segment_.Clear();
    const absl::Status status =
        error == Error::kOk ? BeginRound(round + 1) : Failed(error);
    if (!status.ok()) {
      ledger_.Found(Fault::kRefused, std::string(status.message()));
    }
  }

  const LoadOptions load_;
  const std::size_t threads_;
  PoolMemory memory_;
  std::unique_ptr<PoolMemory> bookkeeping_;
  Segment segment_;
  DynamicPool pool_;
  BlockLedger ledger_;
  VerifiedPool<DynamicPool> verified_;
  Rendezvous rendezvous_;
  Tokens tokens_{0};

  // Of the present round; written at quiet points.
  std::size_t growth_ = 1;
  std::atomic<std::int64_t> most_{0};  // blocks that there can be
  Error last_error_ = Error::kExhausted;

  // Before it.
  std::uint64_t allocations_ = 0;
  std::uint64_t frees_ = 0;
  std::uint64_t rounds_ = 0;
  std::uint64_t grown_ = 0;
  PoolStats last_{};
};

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  load.bulk = 1;
  if (load.threads == 0) load.threads = 2 * CpuCount();
  if (load.pool_blocks == 0) load.pool_blocks = kBlocks;
  if (load.block_size == 0) load.block_size = 64;
  if (load.pool_blocks > kMaxBlockCount ||
      load.block_size > std::numeric_limits<std::size_t>::max() / 4 / kMaxBlockCount) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--pool_blocks=%d of --block_size=%d are more than any memory",
                        load.pool_blocks, load.block_size));
  }
  Growth growth(load, control);
  absl::Status status = growth.Init();
  if (!status.ok()) return status;
  Gang gang(load, control, PoolOperations());
  status =
      gang.Plan({{load.threads, [&](Worker& worker) { growth.Run(gang, worker); }}});
  if (!status.ok()) return status;
  OccupancyTrack occupancy;
  gang.Watch([&growth] { return growth.used(); }, occupancy);
  status = gang.Run();
  if (!status.ok()) return status;
  ScenarioRecord record;
  growth.AddTo(gang, std::move(occupancy), record);
  return record;
}

}  // namespace

constinit const Scenario kGrowth = {
    .name = "growth",
    .summary = "many threads make a DynamicPool grow, again and again",
    .must_catch = "double_hand_out",
    .ignores = "producers consumers bulk",
    .run = Run,
};

}  // namespace corepool::stress
