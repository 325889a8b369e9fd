// The examples of "Memory Pools", the manual of Zephyr's microkernel, statement by
// statement, and what it claims; but for those that wait (seed_waits_test).

#include <array>
#include <cstddef>
#include <cstring>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/misuse_recorder.h"

namespace corepool {
namespace {

using testing::MisuseRecorder;

// POOL MY_POOL 32 8192 1
constexpr QuadPoolOptions kMyPool = {
    .min_block_size = 32, .max_block_size = 8192, .block_count = 1};
// POOL SECOND_POOL_ID 64 1024 5
constexpr QuadPoolOptions kSecondPool = {
    .min_block_size = 64, .max_block_size = 1024, .block_count = 5};

class ZephyrsExample : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(pool_.Init(kMyPool, memory_), Error::kOk);
    ASSERT_EQ(second_.Init(kSecondPool, second_memory_), Error::kOk);
  }

  // Bytes from the first block.
  static std::size_t OffsetOf(const QuadPool& pool, const void* block) {
    return pool.IndexOf(block) * pool.BlockSizeAt(0);
  }

  alignas(RequiredAlignment(kMyPool)) std::byte memory_[RequiredBytes(kMyPool)];
  alignas(RequiredAlignment(kSecondPool)) std::byte
      second_memory_[RequiredBytes(kSecondPool)];
  QuadPool pool_;
  QuadPool second_;
};

// "The following parameters must be defined": minimum, maximum, number of maximum size
// blocks; "maxBlockSize = minBlockSize * 4^n, where n>=0".
TEST_F(ZephyrsExample, DefinesTwoPools) {
  EXPECT_EQ(pool_.levels(), 5);
  EXPECT_EQ(second_.levels(), 3);
  EXPECT_EQ(second_.BlockSizeAt(0), 64u);
  EXPECT_EQ(second_.BlockSizeAt(1), 256u);
  EXPECT_EQ(second_.BlockSizeAt(2), 1024u);
  std::set<void*> blocks;
  for (int i = 0; i < 5; ++i) blocks.insert(second_.Allocate(1024));
  EXPECT_EQ(blocks.size(), 5u);
  EXPECT_EQ(blocks.count(nullptr), 0u);
  EXPECT_EQ(second_.Allocate(1), nullptr);
  EXPECT_EQ(pool_.LargestFree(), 8192u) << "another pool's blocks are another's";
}

// "It should be a power of 4 times larger": here it must.
TEST_F(ZephyrsExample, RefusesSizesThatDoNotFitEachOther) {
  QuadPoolOptions options = kSecondPool;
  options.max_block_size = 1000;
  QuadPool pool;
  EXPECT_EQ(pool.Init(options, memory_), Error::kInvalidGeometry);
  EXPECT_FALSE(pool.is_initialized());
  EXPECT_EQ(NearestGeometries(options).max_below, 256u);
  EXPECT_EQ(NearestGeometries(options).max_above, 1024u);
  options.max_block_size = 512;
  EXPECT_EQ(Validate(options), Error::kInvalidGeometry);
  options.split = SplitFactor::kBinary;
  EXPECT_EQ(Validate(options), Error::kOk) << "twice twice twice the smallest";
}

// "This code gives an immediate warning when it can not satisfy the request for a
// memory block of 80 bytes."
TEST_F(ZephyrsExample, RequestsABlockWithANoBlockingCondition) {
  std::vector<void*> blocks;
  while (void* const block = pool_.Allocate(80)) {
    std::memset(block, 0, 80);
    EXPECT_EQ(pool_.SizeOf(block), 128u);
    blocks.push_back(block);
  }
  EXPECT_EQ(blocks.size(), 64u);
  EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), 64u);
  EXPECT_EQ(pool_.TryAllocate(80).error, Error::kExhausted);
  EXPECT_EQ(pool_.TryAllocate(8193).error, Error::kTooLarge);
  EXPECT_EQ(pool_.TryAllocate(0).error, Error::kInvalidSize);
}

// "This code releases a memory block back to a pool when it is no longer needed."
TEST_F(ZephyrsExample, FreesABlockBackToAPool) {
  for (const std::size_t size : {1u, 32u, 33u, 128u, 2000u, 8192u}) {
    void* const block = pool_.Allocate(size);
    ASSERT_NE(block, nullptr);
    std::memset(block, 0x5a, size);
    EXPECT_EQ(pool_.Free(block), Error::kOk);
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(static_cast<unsigned char*>(block)[i], 0x5a) << "free blocks are left";
    }
    EXPECT_EQ(pool_.LargestFree(), 8192u);
  }
  EXPECT_EQ(pool_.Stats().used, 0u);
  EXPECT_EQ(pool_.Deinit(), Error::kOk);
}

// "The memory pool will automatically split the block into 4 smaller blocks. The
// resulting smaller blocks can also be split repeatedly." Blocks come in the order of
// their addresses, as theirs did.
TEST_F(ZephyrsExample, SplitsBlocksIntoFourRepeatedly) {
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(OffsetOf(pool_, pool_.Allocate(32)), 32 * i);
  }
  EXPECT_EQ(OffsetOf(pool_, pool_.Allocate(128)), 256u);
  EXPECT_EQ(OffsetOf(pool_, pool_.Allocate(512)), 512u);
  EXPECT_EQ(OffsetOf(pool_, pool_.Allocate(2048)), 2048u);
  EXPECT_EQ(OffsetOf(pool_, pool_.Allocate(32)), 160u)
      << "what is left of a split first";
  EXPECT_EQ(pool_.LargestFree(), 2048u);
  EXPECT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kOk);
}

// "If the memory pool is unable to find an available block that is at least the
// requested size, it will attempt to create one by merging adjacent free blocks; if it
// is unable to create a suitable block the request fails."
TEST_F(ZephyrsExample, MergesAdjacentFreeBlocksWhenALargerOneIsWanted) {
  for (const MergePolicy policy :
       {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst, MergePolicy::kSplitOnly}) {
    QuadPoolOptions options = kMyPool;
    options.merge = policy;
    QuadPool pool;
    alignas(RequiredAlignment(kMyPool)) std::byte memory[RequiredBytes(kMyPool)];
    ASSERT_EQ(pool.Init(options, memory), Error::kOk);
    std::array<void*, 256> blocks{};
    ASSERT_EQ(pool.AllocateBulk(32, blocks), Error::kOk);
    EXPECT_EQ(pool.TryAllocate(32).error, Error::kExhausted);
    for (std::size_t size = 32, count = 1; size <= 8192; size *= 4, count *= 4) {
      // All but one of the smallest that it is made of: not enough.
      for (std::size_t i = 1; i < count; ++i) {
        ASSERT_EQ(pool.Free(blocks[i]), Error::kOk);
      }
      EXPECT_EQ(pool.TryAllocate(size).error, Error::kExhausted);
      ASSERT_EQ(pool.Free(blocks[0]), Error::kOk);
      void* const merged = pool.Allocate(size);
      EXPECT_EQ(merged, blocks[0]);
      ASSERT_EQ(pool.Free(merged), Error::kOk);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(OffsetOf(pool, pool.Allocate(32)), 32 * i);
      }
    }
    EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
  }
}

// "This code instructs the memory pool to concatenate any unused memory blocks that can
// be merged."
TEST_F(ZephyrsExample, DefragmentsAMemoryPool) {
  std::array<void*, 16> blocks{};
  ASSERT_EQ(second_.AllocateBulk(64, blocks), Error::kOk);
  void* const kept = second_.Allocate(64);
  for (void* const block : blocks) EXPECT_EQ(second_.Free(block), Error::kOk);
  second_.Defragment();
  EXPECT_EQ(second_.LargestFree(), 1024u);
  EXPECT_EQ(OffsetOf(second_, second_.Allocate(1024)), 0u);
  // Of what is in use nothing moves.
  EXPECT_EQ(OffsetOf(second_, kept), 1024u);
  EXPECT_EQ(second_.SizeOf(kept), 64u);
  std::size_t count = 0;
  while (second_.Allocate(1024) != nullptr) ++count;
  EXPECT_EQ(count, 3u);
}

// What their manual does not say: a block is freed by a descriptor, and a stale one, or
// one whose size has been changed, freed what was somebody else's by then.
TEST_F(ZephyrsExample, FreesByAddressAndFindsMisuse) {
  MisuseRecorder misuse;
  QuadPoolOptions options = kMyPool;
  options.misuse_handler = &MisuseRecorder::Handle;
  options.misuse_context = &misuse;
  ASSERT_EQ(pool_.Deinit(), Error::kOk);
  ASSERT_EQ(pool_.Init(options, memory_), Error::kOk);
  auto* const block = static_cast<std::byte*>(pool_.Allocate(64));
  EXPECT_EQ(pool_.Free(block, 500), Error::kWrongSize);
  EXPECT_EQ(pool_.Free(block + 32), Error::kInteriorPointer);
  EXPECT_EQ(pool_.Free(block + 1), Error::kMisalignedPointer);
  EXPECT_EQ(pool_.Free(second_.Allocate(64)), Error::kForeignPointer);
  EXPECT_EQ(pool_.Free(block, 64), Error::kOk);
  EXPECT_EQ(pool_.Free(block), Error::kDoubleFree);
  EXPECT_EQ(misuse.count, 5);
  EXPECT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kOk);
}

// Their remainders overflowed the buffer, and odd sizes overlapped: here are all sizes
// that fit each other, and each block is written to from its beginning to its end.
TEST(ZephyrsDefects, NoTwoBlocksOverlapWhateverTheSizes) {
  std::mt19937 random(1);
  for (const SplitFactor split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
    const std::size_t factor = split == SplitFactor::kQuad ? 4 : 2;
    for (const std::size_t min : {1u, 2u, 3u, 7u, 12u, 32u, 44u, 61u, 64u}) {
      std::size_t max = min;
      for (int levels = 1; levels <= 5; ++levels, max *= factor) {
        const QuadPoolOptions options{.min_block_size = min,
                                      .max_block_size = max,
                                      .block_count = 1 + random() % 61,
                                      .split = split};
        std::vector<std::max_align_t> words(
            RequiredBytes(options) / sizeof(std::max_align_t) + 2, std::max_align_t{});
        const std::span<std::byte> memory =
            std::as_writable_bytes(std::span(words)).first(RequiredBytes(options));
        std::byte* const behind = memory.data() + memory.size();
        *behind = std::byte{0xee};
        QuadPool pool;
        ASSERT_EQ(pool.Init(options, memory), Error::kOk);
        struct Piece {
          unsigned char* block;
          std::size_t size;
          unsigned char mark;
        };
        std::vector<Piece> pieces;
        for (int misses = 0; misses < 3;) {
          const std::size_t size = random() % max + 1;
          auto* const block = static_cast<unsigned char*>(pool.Allocate(size));
          if (block == nullptr) {
            ++misses;
            continue;
          }
          const auto mark = static_cast<unsigned char>(random());
          pieces.push_back({block, pool.SizeOf(block), mark});
          ASSERT_GE(pieces.back().size, size);
          std::memset(block, mark, pieces.back().size);
        }
        for (const Piece& piece : pieces) {
          for (std::size_t i = 0; i < piece.size; ++i) {
            ASSERT_EQ(piece.block[i], piece.mark);
          }
          ASSERT_EQ(pool.Free(piece.block), Error::kOk);
        }
        ASSERT_EQ(*behind, std::byte{0xee});
        ASSERT_EQ(pool.LargestFree(), max);
        ASSERT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
        ASSERT_EQ(pool.Stats().used, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace corepool
