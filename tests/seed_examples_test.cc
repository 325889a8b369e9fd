// The examples of the documents that this library answers to, statement by statement,
// and what they claim: MicroTBX's memory pools, uC/LIB's dynamic memory pools, Mynewt's
// memory pools, and the guide "Memory Pool Allocation in Embedded Systems". Those of
// Zephyr's are in seed_zephyr_test.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "corepool/base/align.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hooks.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/registry.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/misuse_recorder.h"

namespace corepool {
namespace {

using testing::MisuseRecorder;

// MicroTBX. Its heap is a segment, and creating a pool extends one MultiPool.
class MicroTbxsExample : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(heap_.Init("heap", heap_memory_), Error::kOk);
    MultiPoolOptions options;
    options.pools.caching = Caching::kNone;
    options.most_extensions = 8;
    const std::size_t bytes = RequiredBytes({}, options);
    auto* const memory =
        static_cast<std::byte*>(heap_.Allocate(bytes, RequiredAlignment({}, options)));
    ASSERT_NE(memory, nullptr);
    ASSERT_EQ(pools_.Init({}, options, {memory, bytes}), Error::kOk);
  }
  // TbxMemPoolCreate
  Error Create(std::size_t blocks, std::size_t block_size) {
    return pools_.Extend({block_size, blocks}, heap_);
  }

  // "The data blocks are statically preallocated on the heap."
  alignas(128) std::byte heap_memory_[24 * 1024];
  Segment heap_;
  MultiPool pools_;
};

// "The following example program demonstrates how memory pools are created and proves
// that data from the memory pools can be dynamically allocated and released over and
// over again."
TEST_F(MicroTbxsExample, AllocatesAndReleasesAllBlocksOverAndOver) {
  std::uint8_t* data[24];
  // "Create a few memory pools with block sizes 16, 32, and 64 that have 8 data blocks
  // per pool."
  EXPECT_EQ(Create(8, 16), Error::kOk);
  EXPECT_EQ(Create(8, 32), Error::kOk);
  EXPECT_EQ(Create(8, 64), Error::kOk);
  for (int round = 0; round < 1000; ++round) {
    // "Allocate all blocks. Note that when the memory pool with block sizes of 16 bytes
    // is exhausted, it automatically switches to a memory pool with larger sized
    // blocks."
    for (std::size_t i = 0; i < 24; ++i) {
      data[i] = static_cast<std::uint8_t*>(pools_.Allocate(12));
      ASSERT_NE(data[i], nullptr);
      ASSERT_EQ(pools_.SizeOf(data[i]), i < 8 ? 16u : i < 16 ? 32u : 64u);
      std::memset(data[i], static_cast<int>(i), 12);
    }
    EXPECT_EQ(pools_.Allocate(12), nullptr);
    // "Now release all the allocated data again."
    for (std::size_t i = 0; i < 24; ++i) {
      for (std::size_t at = 0; at < 12; ++at) ASSERT_EQ(data[i][at], i);
      ASSERT_EQ(pools_.Free(data[i]), Error::kOk);
    }
  }
  EXPECT_EQ(pools_.Stats().used, 0u);
  EXPECT_EQ(pools_.Stats().peak, 24u);
  EXPECT_EQ(pools_.Deinit(), Error::kOk);
}

// "If you attempt to create a memory pool with a data block size that already exists,
// the memory pools software component is smart enough to extend the already existing
// memory pool, instead of creating a new one." And "it is safe to create memory pools
// at any point in the software program".
TEST_F(MicroTbxsExample, CreatingAPoolOfAnExistingSizeExtendsIt) {
  ASSERT_EQ(Create(2, 16), Error::kOk);
  std::set<void*> blocks = {pools_.Allocate(16), pools_.Allocate(16)};
  EXPECT_EQ(pools_.Allocate(16), nullptr);
  ASSERT_EQ(Create(3, 16), Error::kOk);
  EXPECT_EQ(pools_.class_count(), 1u);
  while (void* const block = pools_.Allocate(16)) blocks.insert(block);
  EXPECT_EQ(blocks.size(), 5u);
}

// "In case the memory pool creation fails, it is likely that the heap size needs to be
// increased": it then takes nothing.
TEST_F(MicroTbxsExample, CreatingFailsCleanlyWhenTheHeapIsTooSmall) {
  ASSERT_EQ(Create(1, 16), Error::kOk);
  const std::size_t used = heap_.used();
  EXPECT_EQ(Create(1000, 32), Error::kSegmentExhausted);
  EXPECT_EQ(Create(1, heap_.Remaining() + 1), Error::kSegmentExhausted);
  EXPECT_EQ(Create(1, SIZE_MAX), Error::kTooLarge);
  EXPECT_EQ(Create(1, 0), Error::kInvalidSize);
  EXPECT_EQ(heap_.used(), used);
  EXPECT_EQ(pools_.class_count(), 1u);
  EXPECT_EQ(pools_.TryAllocate(100'000).error, Error::kTooLarge);
}

// The example of uC/LIB's documentation ("Dynamic Memory Pool Usage Example").
TEST(MicriumsExample, DoesWhatItsNotesSay) {
  constexpr std::size_t kCacheLine = 32;
  alignas(kCacheLine) static std::byte memory[4096];
  // (1) the segment.
  Segment segment;
  ASSERT_EQ(segment.Init("Segment name", memory, kCacheLine), Error::kOk);

  // (2) to (4): initial and maximum number 10, a static pool.
  constexpr DynamicPoolOptions kGeneral{.block_size = 20,
                                        .alignment = sizeof(void*),
                                        .initial = 10,
                                        .maximum = 10,
                                        .name = "General-purpose dynamic memory pool"};
  alignas(kDynamicBookkeepingAlignment) static std::byte
      general_bookkeeping[RequiredBookkeepingBytes(kGeneral, sizeof(memory))];
  DynamicPool pool;
  ASSERT_EQ(pool.Init(kGeneral, segment, general_bookkeeping), Error::kOk);
  ASSERT_EQ(segment.used(), 10 * 24u);

  // (5), (6): alignment 8, but the padding is 32; no limit.
  constexpr DynamicPoolOptions kHardware{.block_size = 20,
                                         .alignment = 8,
                                         .initial = 10,
                                         .maximum = kUnlimited,
                                         .hardware = true,
                                         .name = "Hardware dynamic memory pool"};
  alignas(kDynamicBookkeepingAlignment) static std::byte
      hardware_bookkeeping[RequiredBookkeepingBytes(kHardware, sizeof(memory),
                                                    kCacheLine)];
  DynamicPool pool_hw;
  ASSERT_EQ(pool_hw.Init(kHardware, segment, hardware_bookkeeping), Error::kOk);
  EXPECT_EQ(pool_hw.State(), State::kSide);
  EXPECT_EQ(pool_hw.Stats().capacity, 10u);

  // (7): a block of 20 bytes, aligned as a word; ten of them, and no more.
  std::vector<std::byte*> blocks;
  while (void* const block = pool.Allocate()) {
    blocks.push_back(static_cast<std::byte*>(block));
    EXPECT_TRUE(base::IsAligned(block, sizeof(void*)));
    std::memset(block, static_cast<int>(blocks.size()), 20);
  }
  EXPECT_EQ(blocks.size(), 10u);
  EXPECT_EQ(pool.TryAllocate().error, Error::kExhausted);
  EXPECT_EQ(pool.Available(), 0u);

  // (8): aligned to 32 and 32 long, the initial ones too, until the segment overflows.
  std::vector<std::byte*> blocks_hw;
  EXPECT_EQ(pool_hw.Available(), 120u);
  while (void* const block = pool_hw.Allocate()) {
    blocks_hw.push_back(static_cast<std::byte*>(block));
    EXPECT_TRUE(base::IsAligned(block, kCacheLine)) << blocks_hw.size();
    std::memset(block, 0x80 + static_cast<int>(blocks_hw.size()) % 100, kCacheLine);
  }
  EXPECT_EQ(pool_hw.TryAllocate().error, Error::kSegmentExhausted);
  const SegmentAllocation overflow = segment.TryAllocateHardware(20, 8);
  EXPECT_EQ(overflow.error, Error::kExhausted);
  EXPECT_EQ(overflow.missing, 32u) << "bytes that one more block would have needed";
  ASSERT_EQ(blocks_hw.size(), 120u) << "from 256 on; 240 bytes are the other pool's";
  EXPECT_EQ(std::set<std::byte*>(blocks_hw.begin(), blocks_hw.end()).size(), 120u);
  EXPECT_EQ(segment.Remaining(), 0u);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (int at = 0; at < 20; ++at) {
      ASSERT_EQ(blocks[i][at], std::byte(i + 1));
    }
  }
  for (std::size_t i = 0; i < blocks_hw.size(); ++i) {
    for (std::size_t at = 0; at < kCacheLine; ++at) {
      ASSERT_EQ(blocks_hw[i][at], std::byte(0x80 + (i + 1) % 100));
    }
  }

  // (9), (10): a freed block is available for the next allocation.
  EXPECT_EQ(pool.Free(blocks[3]), Error::kOk);
  EXPECT_EQ(pool.Allocate(), blocks[3]);
  EXPECT_EQ(pool.Allocate(), nullptr);
  EXPECT_EQ(pool_hw.Free(blocks_hw[77]), Error::kOk);
  EXPECT_EQ(pool_hw.Allocate(), blocks_hw[77]);
  EXPECT_EQ(pool_hw.Allocate(), nullptr);
  for (void* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
  for (void* const block : blocks_hw) EXPECT_EQ(pool_hw.Free(block), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
  EXPECT_EQ(pool_hw.Deinit(), Error::kOk);
}

// Mynewt. What its macros make of block number, size and alignment, in bytes.
constexpr std::size_t OsMempoolBytes(std::size_t n, std::size_t block_size,
                                     std::size_t os_alignment) {
  const std::size_t elements = (block_size + os_alignment - 1) / os_alignment * n;
  return os_alignment * elements;
}

// "Simply multiplying the number of blocks by the size of each block is not sufficient
// as the OS may have alignment requirements. [...] two macros have been provided."
TEST(MynewtsExample, MemoryAsItsMacrosComputeItIsEnoughForTheBlocks) {
  alignas(16) static std::byte memory[OsMempoolBytes(9, 100, 16)];
  for (const std::size_t os_alignment : {4u, 8u, 16u}) {
    for (std::size_t size = 1; size <= 100; ++size) {
      for (std::size_t n = 0; n <= 9; ++n) {
        const PoolOptions options{
            .block_size = size, .block_count = n, .alignment = os_alignment};
        const std::size_t bytes = OsMempoolBytes(n, size, os_alignment);
        ASSERT_EQ(RequiredBlockBytes(options), bytes) << size << " x " << n;
        std::vector<std::uint64_t> bookkeeping((RequiredBookkeepingBytes(options) + 7) /
                                               8);
        FixedPool pool;
        ASSERT_EQ(pool.Init(options, std::span(memory).first(bytes),
                            std::as_writable_bytes(std::span(bookkeeping))),
                  Error::kOk);
        std::size_t got = 0;
        while (void* const block = pool.Allocate()) {
          ++got;
          ASSERT_TRUE(base::IsAligned(block, os_alignment));
          std::memset(block, 0xee, size);
        }
        ASSERT_EQ(got, n);
      }
    }
  }
}

// os_mempool_init, os_memblock_get, os_memblock_put, os_mempool_info_get_next.
TEST(MynewtsExample, InitGetPutInfoAndClear) {
  constexpr PoolOptions kOptions{
      .block_size = 30, .block_count = 5, .alignment = 8, .name = "MyPool"};
  alignas(8) static std::byte buffer[OsMempoolBytes(5, 30, 8)];
  alignas(kBookkeepingAlignment) static std::byte
      bookkeeping[RequiredBookkeepingBytes(kOptions)];
  FixedPool my_pool;
  ASSERT_EQ(my_pool.Init(kOptions, buffer, bookkeeping), Error::kOk);
  const RegistryEntry entry(kOptions.name, my_pool);
  // A pool without blocks, with no memory for them, is one that is always empty.
  constexpr PoolOptions kNone{.block_size = 30, .block_count = 0};
  FixedPool no_pool;
  ASSERT_EQ(no_pool.Init(kNone, {}, {}), Error::kOk);
  const RegistryEntry none("none", no_pool);

  std::array<void*, 5> blocks{};
  for (void*& block : blocks) ASSERT_NE(block = my_pool.Allocate(), nullptr);
  EXPECT_EQ(my_pool.Allocate(), nullptr);
  EXPECT_EQ(no_pool.Allocate(), nullptr);
  EXPECT_EQ(my_pool.Free(blocks[2]), Error::kOk);

  PoolInfo info;
  ASSERT_TRUE(FindPool("MyPool", info));
  EXPECT_EQ(info.stats.block_size, 30u);
  EXPECT_EQ(info.stats.capacity, 5u);
  EXPECT_EQ(info.stats.free, 1u);
  EXPECT_EQ(info.stats.capacity - info.stats.peak, 0u) << "the least ever free";
  std::vector<std::string> names;
  for (RegistryCursor cursor; NextPool(cursor, info);) names.emplace_back(info.name);
  EXPECT_EQ(names, (std::vector<std::string>{"MyPool", "none"}));

  EXPECT_EQ(my_pool.Clear(), Error::kBlocksInUse) << "unless told to ignore it";
  EXPECT_EQ(my_pool.Clear(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(my_pool.Stats().free, 5u);
  EXPECT_EQ(my_pool.Stats().peak, 0u);
  EXPECT_EQ(no_pool.Clear(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(no_pool.Stats().capacity, 0u);
  EXPECT_EQ(my_pool.Audit(AuditMode::kAtRest).error, Error::kOk);
}

// An extended pool: putting a block calls the user instead, who puts it later.
TEST(MynewtsExample, ExtendedPoolsAskTheirCallbackOnPut) {
  struct Extended {
    FixedPool pool;
    std::vector<void*> postponed;
  } extended;
  const PoolHooks hooks{.on_free =
                            [](const FreeRequest& request) {
                              auto& self = *static_cast<Extended*>(request.context);
                              // Getting and putting from inside are calls like any
                              // other.
                              if (void* const another = self.pool.Allocate()) {
                                EXPECT_EQ(self.pool.FreeDirectly(another), Error::kOk);
                              }
                              if (self.postponed.size() == 2)
                                return FreeDecision::kFree;
                              self.postponed.push_back(request.block);
                              return FreeDecision::kTaken;
                            },
                        .context = &extended};
  const PoolOptions options{.block_size = 16, .block_count = 4, .hooks = &hooks};
  std::vector<std::max_align_t> memory(
      RequiredBytes(options) / sizeof(std::max_align_t) + 1);
  ASSERT_EQ(extended.pool.Init(options, std::as_writable_bytes(std::span(memory))),
            Error::kOk);
  std::array<void*, 4> blocks{};
  ASSERT_EQ(extended.pool.AllocateBulk(blocks), Error::kOk);
  for (void* const block : blocks) EXPECT_EQ(extended.pool.Free(block), Error::kOk);
  EXPECT_EQ(extended.pool.Stats().used, 2u);
  EXPECT_EQ(extended.postponed, (std::vector<void*>{blocks[0], blocks[1]}));
  for (void* const block : extended.postponed) {
    EXPECT_EQ(extended.pool.FreeDirectly(block), Error::kOk);
  }
  EXPECT_EQ(extended.pool.Stats().used, 0u);
}

// The guide. pool_init, pool_alloc, pool_free, pool_get_stats, validate_pool; and what
// its "GOOD" functions check: bounds and double frees.
TEST(TheGuidesExamples, AFixedPoolWithStatisticsAndValidation) {
  MisuseRecorder misuse;
  constexpr std::size_t kSize = 32;
  const PoolOptions options{.block_size = kSize,
                            .block_count = 10,
                            .misuse_handler = &MisuseRecorder::Handle,
                            .misuse_context = &misuse};
  std::vector<std::max_align_t> memory(
      RequiredBytes(options) / sizeof(std::max_align_t) + 1);
  FixedPool pool;
  EXPECT_EQ(pool.TryAllocate().error, Error::kNotInitialized);
  ASSERT_EQ(pool.Init(options, std::as_writable_bytes(std::span(memory))), Error::kOk);
  std::vector<unsigned char*> blocks;
  while (void* const block = pool.Allocate()) {
    blocks.push_back(static_cast<unsigned char*>(block));
    // All of block_size is the user's: no header takes from it.
    std::memset(block, static_cast<int>(blocks.size()), kSize);
  }
  ASSERT_EQ(blocks.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t at = 0; at < kSize; ++at) ASSERT_EQ(blocks[i][at], i + 1);
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(pool.Free(blocks[i]), Error::kOk);
  const PoolStats stats = pool.Stats();
  EXPECT_EQ(stats.capacity, 10u);
  EXPECT_EQ(stats.free, 4u);
  EXPECT_EQ(stats.used, 6u);
  EXPECT_EQ(stats.peak, 10u);
  EXPECT_EQ(stats.allocations, 10u);
  EXPECT_EQ(stats.frees, 4u);
  int foreign = 0;
  EXPECT_EQ(pool.Free(&foreign), Error::kForeignPointer);
  EXPECT_EQ(pool.Free(blocks[5] + 16), Error::kInteriorPointer);
  EXPECT_EQ(pool.Free(blocks[0]), Error::kDoubleFree);
  EXPECT_EQ(pool.Free(nullptr), Error::kOk);
  EXPECT_EQ(misuse.count, 3);
  const AuditReport valid = pool.Audit(AuditMode::kAtRest);
  EXPECT_EQ(valid.error, Error::kOk);
  EXPECT_EQ(valid.free, 4u);
  for (std::size_t i = 4; i < 10; ++i) EXPECT_EQ(pool.Free(blocks[i]), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk) << "pool_destroy";
}

// "Find appropriate pool for size": SMALL, MEDIUM and LARGE_BLOCK_SIZE. As written it
// does not try larger blocks.
TEST(TheGuidesExamples, MultiplePoolsOfFixedSizes) {
  constexpr SizeClassOptions kConfigs[] = {{32, 3}, {128, 2}, {1024, 1}};
  MultiPoolOptions options;
  options.most_spills = 0;
  std::vector<std::byte> memory(RequiredBytes(kConfigs, options) + 4096);
  std::span<std::byte> aligned(memory);
  while (!base::IsAligned(aligned.data(), RequiredAlignment(kConfigs, options))) {
    aligned = aligned.subspan(1);
  }
  MultiPool pools;
  ASSERT_EQ(pools.Init(kConfigs, options, aligned), Error::kOk);
  for (const auto& [size, count] : kConfigs) {
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(pools.SizeOf(pools.Allocate(size - 5)), size);
    }
    EXPECT_EQ(pools.TryAllocate(size).error, Error::kExhausted);
  }
  EXPECT_EQ(pools.TryAllocate(1025).error, Error::kTooLarge);
  EXPECT_EQ(pools.TryAllocate(0).error, Error::kInvalidSize);
  EXPECT_EQ(pools.Deinit(Leaks::kIgnore), Error::kOk);
}

// "Aligned pool allocation."
TEST(TheGuidesExamples, AnAlignedPool) {
  const PoolOptions options{.block_size = 20, .block_count = 8, .alignment = 64};
  alignas(64) static std::byte memory[4096];
  ASSERT_LE(RequiredBytes(options), sizeof(memory));
  FixedPool pool;
  ASSERT_EQ(pool.Init(options, memory), Error::kOk);
  while (void* const block = pool.Allocate()) {
    EXPECT_TRUE(base::IsAligned(block, 64));
  }
  EXPECT_EQ(pool.Stats().used, 8u);
}

// "if (usage_percent > 90) { // Pool nearly full - take action"
TEST(TheGuidesExamples, AnAlarmAtNinetyPercent) {
  struct Monitor {
    int warnings = 0;
    int relieved = 0;
  } monitor;
  const PoolHooks hooks{.on_event =
                            [](const PoolEvent& event) {
                              auto& self = *static_cast<Monitor*>(event.context);
                              if (event.kind == PoolEventKind::kUsageHigh) {
                                ++self.warnings;
                                EXPECT_GE(event.used * 100, event.capacity * 90);
                              }
                              if (event.kind == PoolEventKind::kUsageNormal) {
                                ++self.relieved;
                              }
                            },
                        .context = &monitor,
                        .usage_percent = 90};
  const PoolOptions options{
      .block_size = 32, .block_count = 20, .caching = Caching::kNone, .hooks = &hooks};
  std::vector<std::max_align_t> memory(
      RequiredBytes(options) / sizeof(std::max_align_t) + 1);
  FixedPool pool;
  ASSERT_EQ(pool.Init(options, std::as_writable_bytes(std::span(memory))), Error::kOk);
  std::vector<void*> blocks;
  for (int i = 0; i < 17; ++i) blocks.push_back(pool.Allocate());
  EXPECT_EQ(monitor.warnings, 0) << "85 %";
  blocks.push_back(pool.Allocate());
  EXPECT_EQ(monitor.warnings, 1) << "90 %";
  blocks.push_back(pool.Allocate());
  EXPECT_EQ(monitor.warnings, 1) << "told once";
  for (void* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(monitor.relieved, 1);
}

// The hierarchical pool with its four classes; the critical pool, whose longest
// allocation is measured; and the pool for interrupt handlers, 16 blocks of 64 bytes.
TEST(TheGuidesExamples, PoolsByPriorityWithTimesAndAReserveForInterrupts) {
  std::vector<PriorityClass> classes(std::begin(kPriorityClasses),
                                     std::end(kPriorityClasses));
  classes.push_back(
      {.name = "interrupt", .block_size = 64, .block_count = 16, .per_core = true});
  constexpr std::size_t kInterrupt = 4;
  const PriorityPoolOptions options{.cores = 1, .measure_time = true};
  std::vector<std::byte> memory(RequiredBytes(classes, options) + 4096);
  std::span<std::byte> aligned(memory);
  while (!base::IsAligned(aligned.data(), RequiredAlignment(classes, options))) {
    aligned = aligned.subspan(1);
  }
  PriorityPool pool;
  EXPECT_EQ(pool.TryAllocateFromInterrupt(kInterrupt).error, Error::kNotInitialized);
  ASSERT_EQ(pool.Init(classes, options, aligned), Error::kOk);
  constexpr struct {
    std::size_t cls, size, count;
  } kWanted[] = {{kCritical, 32, 64},
                 {kNormal, 128, 32},
                 {kLarge, 1024, 8},
                 {kTemporary, 256, 16},
                 {kInterrupt, 64, 16}};
  std::vector<void*> all;
  // Whoever exhausts his class, the others are as they were.
  for (const auto& [cls, size, count] : kWanted) {
    for (std::size_t i = 0; i < count; ++i) {
      void* const block = cls == kInterrupt ? pool.AllocateFromInterrupt(cls, size)
                                            : pool.Allocate(cls, size);
      ASSERT_NE(block, nullptr);
      std::memset(block, 0x77, size);
      all.push_back(block);
    }
    EXPECT_EQ(pool.TryAllocate(cls).error, Error::kExhausted);
    EXPECT_EQ(pool.TryAllocate(cls, size + 1).error, Error::kTooLarge);
  }
  EXPECT_EQ(std::set<void*>(all.begin(), all.end()).size(), all.size());
  const std::uint64_t worst = pool.StatsOf(kCritical).worst_cycles;
  EXPECT_EQ(pool.ResetWorst(kCritical), Error::kOk);
  EXPECT_LE(pool.StatsOf(kCritical).worst_cycles, worst);
  for (void* const block : all) EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).used, 0u);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
}

}  // namespace
}  // namespace corepool
