#include "stress/scenarios/trace_pool.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "stress/actor.h"
#include "stress/advice/class_table.h"
#include "stress/clock.h"
#include "stress/load_options.h"
#include "stress/pool_memory.h"
#include "stress/random.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// What Fill writes of a block that is larger than twice this: so much at either end.
constexpr std::size_t kEnd = 2048;

constexpr const char* kNames[] = {
    "blocks outside the pool",
    "blocks handed out twice",
    "blocks damaged",
    "blocks smaller than asked for",
    "frees refused",
    "requests refused though blocks were free",
    "misuses reported wrongly",
    "audit",
    "blocks lost",
    "statistics that are wrong",
};

// Calls visit(offset, bytes) for each part of a block that is filled.
template <class Visit>
void EachPart(std::size_t size, Visit visit) {
  if (size <= 2 * kEnd) {
    visit(std::size_t{0}, size);
  } else {
    visit(std::size_t{0}, kEnd);
    visit(size - kEnd, kEnd);
  }
}

std::uint64_t WordAt(std::uint64_t stamp, std::size_t offset) {
  return Mix(stamp) + offset * 0x9e37'79b9'7f4a'7c15;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TracePool>> TracePool::Create(const ClassTable& table,
                                                             const LoadOptions& load,
                                                             RunControl& control) {
  MultiPoolOptions options;
  options.most_extensions = 0;
  options.pools.caching = load.caching;
  options.pools.checking = load.checking;
  options.pools.name = "replay";
  options.pools.misuse_handler = OnMisuse;
  if (const Error error = Validate(table, options); error != Error::kOk) {
    return absl::InvalidArgumentError(
        absl::StrCat("a MultiPool of these classes: ", ErrorName(error)));
  }
  const std::size_t bytes = RequiredBytes(table, options);
  PoolMemory memory(bytes, RequiredAlignment(table, options), load.prefault);
  const auto short_of = [bytes](const char* what) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s the pool's %d bytes are not available", what, bytes));
  };
  if (memory.span().size() < bytes) return short_of("memory:");
  std::unique_ptr<TracePool> made(new TracePool(std::move(memory), table, control));

  // Blocks lie apart by a multiple of their alignment.
  made->granule_ = kDefaultAlignment;
  made->places_ = bytes / made->granule_ + 1;
  // Pages come when they are written to. Zero bytes are an atomic zero.
  made->owners_.reset(static_cast<Owner*>(std::calloc(made->places_, sizeof(Owner))));
  if (made->owners_ == nullptr) return short_of("memory beside");
  options.pools.misuse_context = made.get();
  const Error error = made->pool_.Init(table, options, made->memory_.span());
  if (error == Error::kOk) return made;
  const std::string message = absl::StrCat("a MultiPool: ", ErrorName(error));
  return error == Error::kUnsupported ? absl::UnimplementedError(message)
                                      : absl::InvalidArgumentError(message);
}

void TracePool::OnMisuse(const MisuseReport& report) {
  static_cast<TracePool*>(report.context)
      ->Found(kMisuse, static_cast<std::uint64_t>(report.kind));
}

void TracePool::Found(Fault fault, std::uint64_t detail) {
  if (first_[fault].count.fetch_add(1, kRelaxed) == 0) first_[fault].detail = detail;
  faults_.fetch_add(1, kRelaxed);
  // After it the pool may do anything.
  control_.Stop();
}

TracePool::Owner* TracePool::OwnerAt(const void* block) const {
  const auto first = reinterpret_cast<std::uintptr_t>(memory_.span().data());
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::size_t offset = address - first;
  if (offset >= memory_.span().size() || address % granule_ != 0) return nullptr;
  return owners_.get() + offset / granule_;
}

bool TracePool::Take(const void* block, std::size_t size, std::uint64_t stamp) {
  Owner* const owner = OwnerAt(block);
  if (owner == nullptr) {
    Found(kOutside, reinterpret_cast<std::uintptr_t>(block));
    return false;
  }
  const auto name = static_cast<std::uint32_t>(stamp) | 1;
  if (owner->exchange(name, kRelaxed) != 0) {
    Found(kDoubled, stamp);
    return false;
  }
  if (pool_.SizeOf(block) < size) {
    Found(kTooSmall, size);
    return false;
  }
  return true;
}

void TracePool::Fill(const HeldBlock& held) const {
  auto* const bytes = static_cast<std::byte*>(held.block);
  EachPart(held.size, [&](std::size_t from, std::size_t count) {
    for (std::size_t at = 0; at < count; at += sizeof(std::uint64_t)) {
      const std::uint64_t word = WordAt(held.stamp, from + at);
      std::memcpy(bytes + from + at, &word, std::min(sizeof(word), count - at));
    }
  });
}

bool TracePool::Intact(const HeldBlock& held) const {
  const auto* const bytes = static_cast<const std::byte*>(held.block);
  bool intact = true;
  EachPart(held.size, [&](std::size_t from, std::size_t count) {
    for (std::size_t at = 0; at < count; at += sizeof(std::uint64_t)) {
      const std::uint64_t word = WordAt(held.stamp, from + at);
      if (std::memcmp(bytes + from + at, &word, std::min(sizeof(word), count - at)) !=
          0) {
        intact = false;
      }
    }
  });
  return intact;
}

void TracePool::Allocate(Actor& actor, std::size_t size, std::uint64_t stamp,
                         bool assured, HeldBlock& held) {
  held = {};
  const std::int64_t begin = Now();
  void* const block = pool_.Allocate(size);
  const std::int64_t end = Now();
  actor.Record(block != nullptr ? kAllocate : kExhausted, begin, end);
  if (block == nullptr) {
    ++actor.failures;
    if (assured) Found(kFalselyExhausted, size);
    return;
  }
  ++actor.operations;
  ++actor.allocations;
  if (!Take(block, size, stamp)) return;
  held = {block, size, stamp};
  Fill(held);
}

void TracePool::Free(Actor& actor, HeldBlock& held) {
  if (held.block == nullptr) return;
  void* const block = std::exchange(held.block, nullptr);
  if (!Intact({block, held.size, held.stamp})) Found(kDamaged, held.size);
  if (OwnerAt(block)->exchange(0, kRelaxed) !=
      (static_cast<std::uint32_t>(held.stamp) | 1)) {
    Found(kDoubled, held.stamp);
    return;
  }
  const std::int64_t begin = Now();
  const Error error = pool_.Free(block);
  actor.Record(kFree, begin, Now());
  ++actor.operations;
  ++actor.frees;
  if (error != Error::kOk) Found(kRefused, static_cast<std::uint64_t>(error));
}

void TracePool::Move(Actor& actor, std::size_t size, std::uint64_t stamp, bool assured,
                     HeldBlock& held) {
  HeldBlock old = held;
  HeldBlock grown;
  Allocate(actor, size, stamp, assured, grown);
  if (grown.block == nullptr) return;
  if (old.block != nullptr) {
    // What has been copied is looked at where it has come to.
    const std::size_t kept = std::min(old.size, size);
    std::memcpy(grown.block, old.block, kept);
    if (kept == old.size && !Intact({grown.block, old.size, old.stamp})) {
      Found(kDamaged, old.size);
    }
    Free(actor, old);
    Fill(grown);
  }
  held = grown;
}

void TracePool::Resize(std::size_t size, std::uint64_t stamp, HeldBlock& held) {
  if (held.block == nullptr) return;
  if (!Intact(held)) Found(kDamaged, held.size);
  if (pool_.SizeOf(held.block) < size) {
    Found(kTooSmall, size);
    return;
  }
  const std::uint32_t name = static_cast<std::uint32_t>(stamp) | 1;
  if (OwnerAt(held.block)->exchange(name, kRelaxed) !=
      (static_cast<std::uint32_t>(held.stamp) | 1)) {
    Found(kDoubled, held.stamp);
  }
  held.size = size;
  held.stamp = stamp;
  Fill(held);
}

// Every class's blocks can be allocated, each once, none of another class.
void TracePool::Drain() {
  for (const SizeClassOptions& size_class : table_) {
    const SizeClassStats stats = pool_.StatsFor(size_class.block_size);
    std::vector<void*> blocks;
    blocks.reserve(size_class.block_count);
    for (std::size_t i = 0; i < size_class.block_count; ++i) {
      void* const block = pool_.Allocate(size_class.block_size);
      if (block == nullptr || pool_.SizeOf(block) != stats.blocks.block_size) {
        if (block != nullptr) (void)pool_.Free(block);
        Found(kLost, size_class.block_size);
        break;
      }
      if (!Take(block, size_class.block_size, 1)) return;
      blocks.push_back(block);
    }
    for (void* const block : blocks) {
      OwnerAt(block)->store(0, kRelaxed);
      const Error error = pool_.Free(block);
      if (error != Error::kOk) Found(kRefused, static_cast<std::uint64_t>(error));
    }
  }
}

void TracePool::Settle(std::uint64_t allocations, std::uint64_t frees,
                       ScenarioRecord& record) {
  const PoolStats stats = pool_.Stats();
  for (std::size_t row = 0; row < pool_.class_count(); ++row) {
    PoolRow info{};
    if (!pool_.StatsAt(row, info)) break;
    record.pools.push_back(
        {absl::StrCat(info.stats.block_size, " bytes"), info.stats, {}});
  }
  std::uint64_t spills = 0;
  std::vector<SizeClassStats> classes(pool_.class_count());
  pool_.Stats(classes);
  for (const SizeClassStats& one : classes) spills += one.spills_in;
  record.figures.push_back(
      {"served by a larger class", static_cast<double>(spills), "requests"});
  if (faultless()) {
    if (stats.allocations != allocations) Found(kStatistics, stats.allocations);
    if (stats.frees != frees) Found(kStatistics, stats.frees);
    if (stats.misuses != 0) Found(kMisuse, stats.misuses);
    const AuditReport audit = pool_.Audit(AuditMode::kAtRest);
    if (audit.error != Error::kOk) {
      Found(kUnsound, static_cast<std::uint64_t>(audit.error));
    }
  }
  if (faultless() && stats.used == 0) Drain();
  for (std::size_t i = 0; i < kFaults; ++i) {
    const std::uint64_t count = first_[i].count.load(kRelaxed);
    const std::uint64_t detail = first_[i].detail;
    std::string text;
    if (count != 0) {
      const bool is_error = i == kRefused || i == kMisuse || i == kUnsound;
      text = is_error ? std::string(ErrorName(static_cast<Error>(detail)))
                      : absl::StrCat("the first: ", detail);
    }
    record.checks.push_back({Check::Kind::kCorrectness, kNames[i], count, text});
  }
  record.checks.push_back(
      {Check::Kind::kLeak, "blocks not given back", stats.used,
       stats.used == 0 ? "" : "after the replay freed all of them"});
}

}  // namespace corepool::stress
