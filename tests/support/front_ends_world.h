// One of each front end in one region of memory, and threads that use all of them.

#ifndef COREPOOL_TESTS_SUPPORT_FRONT_ENDS_WORLD_H_
#define COREPOOL_TESTS_SUPPORT_FRONT_ENDS_WORLD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/hosted/exporters.h"
#include "corepool/multi_pool.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/registry.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/misuse_recorder.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

inline constexpr std::size_t kMostHeld = 32;

inline constexpr SizeClassOptions kSizes[] = {{16, 6}, {32, 6}, {64, 6}, {128, 4}};
inline constexpr std::size_t kMostExtensions = 12;
inline constexpr std::size_t kCriticalReserve = 8;
enum Number : std::size_t { kFirst, kSecond, kThird, kLast, kInterrupts };
// The first class lends to others, but has its reserve; only thread 0 asks it.
inline constexpr PriorityClass kClasses[] = {
    {.name = "first", .block_size = 64, .block_count = 24, .reserve = kCriticalReserve},
    {.name = "second",
     .block_size = 64,
     .block_count = 16,
     .reserve = 4,
     .borrows = kBorrowLower | 1u << kFirst},
    {.name = "third", .block_size = 256, .block_count = 8, .reserve = 2},
    {.name = "last",
     .block_size = 32,
     .block_count = 10,
     .reserve = 0,
     .borrows = 1u << kFirst | 1u << kSecond | 1u << kThird},
    {.name = "interrupts", .block_size = 32, .block_count = 6, .per_core = true},
};
inline constexpr std::size_t kDynamicSizes[] = {24, 40};
inline constexpr std::size_t kMaximum = 30;  // of the second pool

enum class From : std::uint8_t { kBySize, kGrowing, kBounded, kByClass };

struct Held {
  From from;
  void* block;
  std::size_t size;  // bytes that are its owner's
  std::uint64_t stamp;
};

// What has come about at least once in all worlds together.
struct Totals {
  std::atomic<std::uint64_t> extended{0};
  std::atomic<std::uint64_t> moved{0};
  std::atomic<std::uint64_t> exported{0};
  std::atomic<std::uint64_t> borrowed{0};
  std::atomic<std::uint64_t> exhausted[4]{};  // calls, by From
};

// Everything lies in one region, of which the ledger knows the owner of every 8 bytes.
class World {
 public:
  World(Caching caching, Checking checking, Totals& all_worlds)
      : totals(all_worlds), memory_(kBytes, kAlignment), ledger_(kBytes / 8) {
    std::size_t at = 0;
    const auto take = [&](std::size_t bytes) {
      const std::span<std::byte> part = memory_.span().subspan(at, bytes);
      at += (bytes + kAlignment - 1) / kAlignment * kAlignment;
      return part;
    };
    MultiPoolOptions sized;
    sized.pools = {.alignment = 8,
                   .checking = checking,
                   .caching = caching,
                   .cores = 2,
                   .misuse_handler = &MisuseRecorder::Handle,
                   .misuse_context = &misuse};
    sized.most_extensions = kMostExtensions;
    Expect(sizes.Init(kSizes, sized, take(RequiredBytes(kSizes, sized))));
    Expect(extensions.Init("extensions", take(96 * 1024)));
    // The limited pool can have what it may, and there is a rest.
    const std::size_t stride = checking == Checking::kFull ? 64 : 40;
    Expect(segment.Init("growth", take(60 * stride + 8)));
    hooks.on_event = [](const PoolEvent& event) {
      auto& self = *static_cast<World*>(event.context);
      if (event.kind == PoolEventKind::kUsageHigh) ++self.raised;
      if (event.kind == PoolEventKind::kUsageNormal) ++self.normal;
    };
    hooks.context = this;
    for (std::size_t which = 0; which < 2; ++which) {
      const DynamicPoolOptions options{
          .block_size = kDynamicSizes[which],
          .alignment = 8,
          .initial = which == 0 ? 4u : 0u,
          .maximum = which == 0 ? corepool::kUnlimited : kMaximum,
          .growth = which == 0 ? 1u : 3u,
          .checking = checking,
          .caching = caching,
          .cores = 2,
          .misuse_handler = &MisuseRecorder::Handle,
          .misuse_context = &misuse,
          .hooks = which == 0 ? nullptr : &hooks};
      Expect(growing[which].Init(options, segment,
                                 take(RequiredBookkeepingBytes(options, segment))));
    }
    const PriorityPoolOptions urgent{.alignment = 8,
                                     .checking = checking,
                                     .caching = caching,
                                     .cores = 2,
                                     .misuse_handler = &MisuseRecorder::Handle,
                                     .misuse_context = &misuse};
    Expect(classes.Init(kClasses, urgent, take(RequiredBytes(kClasses, urgent))));
    EXPECT_LE(at, kBytes);
    Expect(entries[0].Register("sizes", sizes));
    Expect(entries[1].Register("unlimited", growing[0]));
    Expect(entries[2].Register("limited", growing[1]));
    Expect(entries[3].Register("classes", classes));
  }

  // Notes who owns `block` from now on, and marks it as his.
  Held Own(From from, void* block, std::size_t size, std::uint32_t owner,
           std::uint64_t stamp) {
    const Held held{from, block, size, stamp};
    Note(held, owner);
    Stamp(held);
    return held;
  }
  void Note(const Held& held, std::uint32_t owner) {
    for (std::size_t i = 0; i < held.size; i += 8) {
      ledger_.Take(NumberOf(held.block) + i / 8, owner);
    }
  }
  void Forget(const Held& held, std::uint32_t owner) {
    for (std::size_t i = 0; i < held.size; i += 8) {
      ledger_.Give(NumberOf(held.block) + i / 8, owner);
    }
  }
  static void Stamp(const Held& held) {
    auto* const words = static_cast<std::uint64_t*>(held.block);
    for (std::size_t i = 0; i < held.size / 8; ++i) words[i] = held.stamp + i;
  }
  // The first `bytes`.
  void Verify(const Held& held, std::size_t bytes) {
    const auto* const words = static_cast<const std::uint64_t*>(held.block);
    for (std::size_t i = 0; i < bytes / 8; ++i) Require(words[i] == held.stamp + i);
  }
  // From any thread.
  void Require(bool condition, std::uint64_t count = 1) {
    if (!condition) faults_.fetch_add(count, std::memory_order_relaxed);
  }
  std::uint64_t faults() const { return faults_.load() + ledger_.faults(); }
  std::size_t owned() const { return ledger_.owned(); }
  bool Intact() const { return memory_.Intact(); }

  std::size_t SizeOf(From from, const void* block) const {
    switch (from) {
      case From::kBySize: return sizes.SizeOf(block);
      case From::kGrowing: return kDynamicSizes[0];
      case From::kBounded: return kDynamicSizes[1];
      case From::kByClass: break;
    }
    const std::size_t cls = classes.ClassOf(block);
    return cls < std::size(kClasses) ? kClasses[cls].block_size : 0;
  }

  Totals& totals;
  MisuseRecorder misuse;
  MultiPool sizes;
  Segment extensions;
  Segment segment;
  DynamicPool growing[2];
  PriorityPool classes;
  PoolHooks hooks;
  std::atomic<std::uint64_t> raised{0};
  std::atomic<std::uint64_t> normal{0};
  std::atomic<std::uint64_t> added{0};  // blocks, by extensions
  std::atomic<std::uint64_t> got[4]{};  // blocks allocated, by From
  std::atomic<std::uint64_t> moved{0};  // by Reallocate, another block
  RegistryEntry entries[4];             // destroyed before the pools

 private:
  static constexpr std::size_t kAlignment = 4096;
  static constexpr std::size_t kBytes = std::size_t{1} << 20;

  static void Expect(Error error) { EXPECT_EQ(error, Error::kOk); }
  std::size_t NumberOf(const void* block) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                    memory_.span().data()) /
           8;
  }

  GuardedMemory memory_;
  OwnershipLedger ledger_;
  std::atomic<std::uint64_t> faults_{0};
};

// One thread and what it has.
class Actor {
 public:
  Actor(World& world, int thread, std::uint64_t seed)
      : world_(world),
        thread_(thread),
        owner_(static_cast<std::uint32_t>(thread) + 1),
        random_(seed) {}

  void Run(int operations) {
    for (int i = 0; i < operations; ++i) {
      // Pools run dry and fill again.
      if (i % 128 == 0) most_ = random_() % kMostHeld;
      const std::uint64_t what = random_() % 1024;
      if (what < 12) {
        DoSomethingRare();
      } else if (what < 30) {
        std::this_thread::yield();
      } else if (held_.size() < most_ && what % 4 != 0) {
        Allocate();
      } else if (!held_.empty()) {
        const std::size_t which = random_() % held_.size();
        if (held_[which].from == From::kBySize && what % 8 == 1) {
          Reallocate(held_[which]);
        } else {
          std::swap(held_[which], held_.back());
          FreeLast();
        }
      }
    }
  }
  void FreeAll() {
    while (!held_.empty()) FreeLast();
  }

 private:
  std::uint64_t NextStamp() { return (std::uint64_t{owner_} << 48) | ++stamps_ << 8; }

  void Keep(From from, void* block) {
    const std::size_t size = world_.SizeOf(from, block);
    world_.Require(size != 0);
    held_.push_back(world_.Own(from, block, size, owner_, NextStamp()));
    ++world_.got[static_cast<std::size_t>(from)];
  }

  void Exhausted(From from, bool rightly) {
    world_.Require(rightly);
    ++world_.totals.exhausted[static_cast<std::size_t>(from)];
  }

  void Allocate() {
    switch (random_() % 4) {
      case 0: {
        const auto got = world_.sizes.TryAllocate(1 + random_() % 128);
        if (got.error == Error::kOk) return Keep(From::kBySize, got.block);
        return Exhausted(From::kBySize, got.error == Error::kExhausted);
      }
      case 1:
      case 2: {
        const std::size_t which = random_() % 2;
        const From from = which == 0 ? From::kGrowing : From::kBounded;
        std::array<void*, 3> bulk{};
        const std::size_t count = random_() % 8 == 0 ? 3 : 1;
        const std::span<void*> blocks = std::span(bulk).first(count);
        const Error error = world_.growing[which].AllocateBulk(blocks);
        if (error == Error::kOk) {
          for (void* const block : blocks) Keep(from, block);
          return;
        }
        return Exhausted(from, error == Error::kSegmentExhausted ||
                                   (error == Error::kExhausted && which == 1));
      }
      default: return AllocateUrgently();
    }
  }

  void AllocateUrgently() {
    const std::size_t cls = thread_ == 0 ? std::size_t{kFirst} : 1 + random_() % 4;
    if (cls == kInterrupts) {
      const auto got = world_.classes.TryAllocateFromInterrupt(cls);
      if (got.error == Error::kOk) return Keep(From::kByClass, got.block);
      return world_.Require(got.error == Error::kExhausted ||
                            got.error == Error::kContended);
    }
    const auto got = world_.classes.TryAllocate(cls);
    if (got.error == Error::kOk) {
      world_.totals.borrowed += world_.classes.ClassOf(got.block) != cls ? 1 : 0;
      return Keep(From::kByClass, got.block);
    }
    Exhausted(From::kByClass, got.error == Error::kExhausted);
    if (cls != kFirst) return;
    std::size_t had = 0;
    for (const Held& held : held_) had += held.from == From::kByClass ? 1 : 0;
    world_.Require(had >= kCriticalReserve);
  }

  void FreeLast() {
    const Held held = held_.back();
    held_.pop_back();
    world_.Verify(held, held.size);
    world_.Forget(held, owner_);
    Error error = Error::kOk;
    switch (held.from) {
      case From::kBySize:
        error = random_() % 2 == 0 ? world_.sizes.Free(held.block)
                                   : world_.sizes.Free(held.block, held.size);
        break;
      case From::kGrowing: error = world_.growing[0].Free(held.block); break;
      case From::kBounded: {
        void* const blocks[] = {held.block};
        error = world_.growing[1].FreeBulk(blocks);
        break;
      }
      case From::kByClass: error = world_.classes.Free(held.block); break;
    }
    world_.Require(error == Error::kOk);
  }

  void Reallocate(Held& held) {
    world_.Verify(held, held.size);
    // From inside the call on it may be somebody else's.
    world_.Forget(held, owner_);
    const auto got = world_.sizes.TryReallocate(held.block, 1 + random_() % 128);
    if (got.error != Error::kOk) {
      world_.Require(got.error == Error::kExhausted);
      return world_.Note(held, owner_);
    }
    const std::size_t had = held.size;
    if (got.block != held.block) {
      ++world_.moved;
      ++world_.totals.moved;
    }
    held.block = got.block;
    held.size = world_.sizes.SizeOf(got.block);
    world_.Require(held.size >= had);
    world_.Note(held, owner_);
    world_.Verify(held, had);
    held.stamp = NextStamp();
    World::Stamp(held);
  }

  void DoSomethingRare() {
    switch (random_() % 8) {
      case 0: return Extend();
      case 1: return Watch();
      case 2: return ListPools();
      case 3: return Register();
      case 4:
        world_.sizes.ResetPeak();
        world_.growing[random_() % 2].ResetPeak();
        world_.Require(world_.classes.ResetPeak(random_() % 5) == Error::kOk);
        return;
      case 5:
        world_.sizes.FlushCaches();
        world_.growing[random_() % 2].FlushCaches();
        return world_.classes.FlushCaches();
      case 6:
        world_.Require(world_.sizes.Audit().error == Error::kOk);
        world_.Require(world_.growing[0].Audit().error == Error::kOk);
        world_.Require(world_.growing[1].Audit().error == Error::kOk);
        return world_.Require(world_.classes.Audit().error == Error::kOk);
      default: return thread_ == 1 ? Export() : Watch();
    }
  }

  void Extend() {
    constexpr std::size_t kAdded[] = {16, 64, 48, 128, 96, 32};
    const std::size_t blocks = 1 + random_() % 3;
    const Error error = world_.sizes.Extend(
        {kAdded[random_() % std::size(kAdded)], blocks}, world_.extensions);
    if (error == Error::kOk) {
      world_.added += blocks;
      ++world_.totals.extended;
    } else {
      world_.Require(error == Error::kTooMany || error == Error::kSegmentExhausted);
    }
  }

  void Watch() {
    const auto sound = [this](const PoolStats& stats, std::size_t most) {
      world_.Require(stats.used <= stats.capacity && stats.capacity <= most &&
                     stats.free == stats.capacity - stats.used);
    };
    sound(world_.sizes.Stats(), SIZE_MAX);
    sound(world_.growing[0].Stats(), SIZE_MAX);
    sound(world_.growing[1].Stats(), kMaximum);
    world_.Require(world_.growing[1].Available() <= kMaximum);
    for (std::size_t cls = 0; cls < world_.classes.class_count(); ++cls) {
      const ClassStats stats = world_.classes.StatsOf(cls);
      const std::size_t cores = kClasses[cls].per_core ? 2 : 1;
      sound(stats.pool, kClasses[cls].block_count * cores);
      const std::size_t reserve =
          kClasses[cls].per_core ? kClasses[cls].block_count : kClasses[cls].reserve;
      world_.Require(stats.lent_peak <= kClasses[cls].block_count - reserve);
    }
  }

  // The world's own pools come once each, with their rows, in order.
  void ListPools() {
    RegistryCursor cursor;
    PoolInfo info;
    std::vector<std::string> names;
    std::set<std::pair<std::uint64_t, std::size_t>> rows;
    while (NextPool(cursor, info)) {
      world_.Require(rows.emplace(info.serial, info.row).second);
      world_.Require(info.stats.used <= info.stats.capacity);
      if (info.row == 0 && std::strcmp(info.name, "actor's") != 0) {
        names.emplace_back(info.name);
      }
    }
    world_.Require(
        names == std::vector<std::string>{"sizes", "unlimited", "limited", "classes"});
    world_.Require(PoolCount() >= 4);
    world_.Require(FindPool("classes", info, kLast) &&
                   std::strcmp(info.label, "last") == 0);
  }

  void Register() {
    if (registered_) {
      world_.Require(entry_.Unregister() == Error::kOk);
    } else {
      const std::size_t which = random_() % 4;
      world_.Require((which == 0   ? entry_.Register("actor's", world_.sizes)
                      : which == 1 ? entry_.Register("actor's", world_.growing[0])
                      : which == 2
                          ? entry_.Register("actor's", world_.growing[1])
                          : entry_.Register("actor's", world_.classes)) == Error::kOk);
    }
    registered_ = !registered_;
  }

  void Export() {
    ++world_.totals.exported;
    for (const std::string& text : {hosted::RegistryAsText(), hosted::RegistryAsJson(),
                                    hosted::RegistryAsPrometheus()}) {
      world_.Require(text.find("unlimited") != std::string::npos);
    }
  }

  World& world_;
  const int thread_;
  const std::uint32_t owner_;
  std::mt19937_64 random_;
  std::uint64_t stamps_ = 0;
  std::vector<Held> held_;
  std::size_t most_ = 0;
  RegistryEntry entry_;
  bool registered_ = false;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_FRONT_ENDS_WORLD_H_
