// Proves that AddressSanitizer is told by pools with Checking::kFull which bytes nobody
// may touch, and that the pool's own checks do not offend it. Does nothing in other
// builds.

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/port/annotate.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/stray.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::TestPool;

class Annotated : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!port::Annotations::Enabled()) GTEST_SKIP() << "not in this build";
    if (!testing::Works(GetParam())) GTEST_SKIP() << "not to be had here";
    // Addresses in other builds are not so by chance.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
  static PoolOptions Options(std::size_t block_size) {
    return {.block_size = block_size,
            .block_count = 4,
            .checking = Checking::kFull,
            .caching = GetParam()};
  }
};

using AnnotatedDeathTest = Annotated;

INSTANTIATE_TEST_SUITE_P(Kinds, AnnotatedDeathTest,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return testing::NameOf(kind.param); });

// Which the compiler must not leave out.
unsigned char Read(const void* block, std::size_t at) {
  return static_cast<const volatile unsigned char*>(block)[at];
}

TEST_P(AnnotatedDeathTest, ReadsOfFreeBlocksAndOfGuardsAreReported) {
  for (const std::size_t size : {40u, 44u, 64u}) {
    TestPool pool(Options(size));
    void* const block = pool->Allocate();
    std::memset(block, 1, size);
    for (std::size_t at = 0; at < size; ++at) ASSERT_EQ(Read(block, at), 1);
    EXPECT_DEATH((void)Read(block, size), "use-after-poison");
    EXPECT_DEATH((void)Read(block, pool->Stats().stride - 1), "use-after-poison");
    ASSERT_EQ(pool->Free(block), Error::kOk);
    EXPECT_DEATH((void)Read(block, sizeof(void*)), "use-after-poison");
    EXPECT_DEATH((void)Read(block, size - 1), "use-after-poison");
    EXPECT_DEATH((void)Read(block, size), "use-after-poison");
    (void)Read(block, sizeof(void*) - 1);  // the cookie
    EXPECT_EQ(pool->Deinit(), Error::kOk);
    for (const std::byte& byte : pool.memory.span()) (void)Read(&byte, 0);
  }
}

TEST_P(AnnotatedDeathTest, BlocksThatWereNeverAllocatedAreFreeToo) {
  TestPool pool(Options(64));
  EXPECT_DEATH((void)Read(pool->BlockAt(3), 63), "use-after-poison");
  EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kOk);
  EXPECT_DEATH((void)Read(pool->BlockAt(3), 63), "use-after-poison") << "still";
}

TEST_P(AnnotatedDeathTest, SoAreThoseThatABulkPutBackAndThoseInQuarantine) {
  PoolOptions options = Options(64);
  options.quarantine = 2;
  TestPool pool(options);
  std::vector<void*> more(5);
  ASSERT_EQ(pool->AllocateBulk(more), Error::kExhausted);
  EXPECT_DEATH((void)Read(pool->BlockAt(0), 63), "use-after-poison");
  void* const block = pool->Allocate();
  ASSERT_EQ(pool->Free(block), Error::kOk);
  ASSERT_EQ(pool->Stats().quarantined, 1u);
  EXPECT_DEATH((void)Read(block, 63), "use-after-poison");
}

TEST_P(AnnotatedDeathTest, UsersOfBlocksSmallerThanAGranuleAreLeftAlone) {
  PoolOptions options = Options(5);
  options.alignment = 1;
  TestPool pool(options);
  std::vector<void*> blocks;
  while (void* const block = pool->Allocate()) {
    std::memset(block, 1, 5);
    blocks.push_back(block);
  }
  for (void* const block : blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool.misuse.count, 0);
}

}  // namespace
}  // namespace corepool
