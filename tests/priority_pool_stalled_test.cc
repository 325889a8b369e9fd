// Proves that a thread that stands still anywhere in a loan, or in returning one, keeps
// nobody waiting and holds up no more than the one block it was about (on virtual
// cores,
// //tests/support:virtual_core).

#include <cstddef>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "gtest/gtest.h"
#include "tests/support/stalled_thread.h"
#include "tests/support/test_priority_pool.h"
#include "tests/support/virtual_core_traffic.h"

namespace corepool {
namespace {

using testing::OnCore;
using testing::StalledThread;
using testing::TestPriorityPool;

constexpr std::size_t kReserve = 3;
constexpr std::size_t kLent = 4;

std::vector<PriorityClass> Classes() {
  return {{.block_size = 16, .block_count = 0, .borrows = kBorrowLower},
          {.block_size = 16, .block_count = kReserve + kLent, .reserve = kReserve}};
}

class StalledLoan : public ::testing::TestWithParam<Caching> {
 protected:
  // Whether everybody else on core 1 gets all but the block of the stalled call.
  void ExpectOthersGoOn(TestPriorityPool& pool, int step) {
    const OnCore on(1);
    const std::vector<void*> borrowed = pool.Drain(0);
    EXPECT_GE(borrowed.size(), kLent - 1) << step;
    EXPECT_LE(borrowed.size(), kLent) << step;
    const std::vector<void*> own = pool.Drain(1);
    EXPECT_GE(own.size(), kReserve) << step;
    EXPECT_GE(borrowed.size() + own.size(), kReserve + kLent - 1) << step;
    EXPECT_TRUE(pool.FreeAll(borrowed));
    EXPECT_TRUE(pool.FreeAll(own));
  }
};

TEST_P(StalledLoan, HoldsUpOneBlockAtMostAndNobody) {
  for (const bool freeing : {false, true}) {
    int step = 0;
    for (bool stalled = true; stalled; ++step) {
      TestPriorityPool pool(Classes(), {.caching = GetParam(), .cores = 3});
      void* block = freeing ? pool->Allocate(0) : nullptr;
      {
        StalledThread thread(0, step, true, [&] {
          if (freeing) {
            EXPECT_EQ(pool->Free(block), Error::kOk);
            block = nullptr;
          } else {
            block = pool->Allocate(0);
          }
        });
        stalled = thread.IsStalled();
        ExpectOthersGoOn(pool, step);
        thread.Resume();
      }
      EXPECT_EQ(block != nullptr, !freeing);
      EXPECT_EQ(pool->Free(block), Error::kOk);
      EXPECT_TRUE(pool.SoundAtRest(0)) << step;
      EXPECT_EQ(pool.Drain(0).size(), kLent);
      EXPECT_EQ(pool.Drain(1).size(), kReserve);
    }
    EXPECT_GT(step, 8);
  }
}

INSTANTIATE_TEST_SUITE_P(Cachings, StalledLoan,
                         ::testing::Values(Caching::kNone, Caching::kCas,
                                           Caching::kRseq));

}  // namespace
}  // namespace corepool
