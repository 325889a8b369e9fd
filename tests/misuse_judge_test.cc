// Proves that the judge of misuse_cases_test is not easily satisfied.

#include "tests/support/misuse_judge.h"

#include <cstddef>
#include <functional>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/stray.h"

namespace corepool::testing {
namespace {

// Whether either way of judging complains.
bool Complains(const std::function<void(MisuseJudge&)>& misuse) {
  int complaints = 0;
  for (const bool stops : {false, true}) {
    ::testing::TestPartResultArray results;
    {
      const ::testing::ScopedFakeTestPartResultReporter reporter(&results);
      if (stops) {
        ExpectStopped(misuse);
      } else {
        MisuseJudge judge;
        misuse(judge);
        judge.Settle();
      }
    }
    complaints += results.size() > 0 ? 1 : 0;
  }
  EXPECT_NE(complaints, 1) << "they differ";
  return complaints > 0;
}

PoolOptions Options(Checking checking) {
  return {.block_size = MisuseBed::kBlockBytes,
          .block_count = MisuseBed::kBlocks,
          .checking = checking,
          .caching = Caching::kNone};
}

void FreeTwice(MisuseJudge& judge, Checking checking, Error expected) {
  const auto bed = MakeFixedBed(judge, Options(checking));
  void* const block = bed->Take();
  bed->Give(block);
  bed->Expect(expected, block);
  (void)bed->Free(block);
}

TEST(MisuseJudge, IsSatisfiedByTheRightReport) {
  EXPECT_FALSE(Complains([](MisuseJudge& judge) {
    FreeTwice(judge, Checking::kBasic, Error::kDoubleFree);
  }));
}

TEST(MisuseJudge, ComplainsOfWhatGoesUnnoticed) {
  EXPECT_TRUE(Complains([](MisuseJudge& judge) {
    FreeTwice(judge, Checking::kOff, Error::kDoubleFree);
  }));
}

TEST(MisuseJudge, ComplainsOfAnotherKind) {
  EXPECT_TRUE(Complains([](MisuseJudge& judge) {
    FreeTwice(judge, Checking::kBasic, Error::kForeignPointer);
  }));
}

TEST(MisuseJudge, ComplainsOfAnotherBlock) {
  EXPECT_TRUE(Complains([](MisuseJudge& judge) {
    const auto bed = MakeFixedBed(judge, Options(Checking::kBasic));
    bed->Expect(Error::kDoubleFree, bed->BlockAt(1));
    (void)bed->Free(bed->BlockAt(2));
  }));
}

TEST(MisuseJudge, ComplainsOfAnotherByte) {
  EXPECT_TRUE(Complains([](MisuseJudge& judge) {
    const auto bed = MakeFixedBed(judge, Options(Checking::kFull));
    std::byte* const block = bed->Take();
    StrayFlip(block, MisuseBed::kBlockBytes + 1);
    bed->Expect(Error::kOverrun, block, MisuseBed::kBlockBytes);
    (void)bed->Free(block);
  }));
}

TEST(MisuseJudge, ComplainsIfNothingIsCommitted) {
  EXPECT_TRUE(Complains([](MisuseJudge& judge) {
    const auto bed = MakeFixedBed(judge, Options(Checking::kFull));
    bed->Give(bed->Take());
  }));
}

}  // namespace
}  // namespace corepool::testing
