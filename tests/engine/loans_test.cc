#include "corepool/engine/loans.h"

#include <atomic>
#include <initializer_list>

#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

using lockfree::Word;

TEST(Loans, AreNoneOfAPoolThatLendsNothing) {
  Loans loans;
  EXPECT_TRUE(LoanTerms().IsFull(loans.Look()));
  EXPECT_TRUE(LoanTerms(0).IsFull(loans.Look()));
  EXPECT_EQ(LoanTerms().CountOf(loans.Look()), 0u);
}

TEST(Loans, CountUpToTheirMostAndNeverHaveTheSameWordAgain) {
  for (const lockfree::Index most :
       std::initializer_list<lockfree::Index>{1, 2, 3, 4, 7, 8, 1000}) {
    const LoanTerms terms(most);
    Loans loans;
    Word last = loans.Look();
    for (int round = 0; round < 3; ++round) {
      for (Word count = 0; count < most; ++count) {
        Word seen = loans.Look();
        ASSERT_EQ(terms.CountOf(seen), count);
        ASSERT_FALSE(terms.IsFull(seen));
        while (!loans.Lend(terms, seen)) ASSERT_EQ(terms.CountOf(seen), count);
        ASSERT_GT(loans.Look(), last);
        last = loans.Look();
      }
      ASSERT_TRUE(terms.IsFull(last));
      for (Word count = most; count > 0; --count) {
        loans.Return(terms);
        ASSERT_EQ(terms.CountOf(loans.Look()), count - 1);
        ASSERT_GT(loans.Look(), last);
        last = loans.Look();
      }
    }
  }
}

TEST(Loans, FailIfTheWordHasChangedThoughTheCountHasNot) {
  const LoanTerms terms(2);
  Loans loans;
  Word seen = loans.Look();
  const Word before = seen;
  while (!loans.Lend(terms, seen)) {
  }
  loans.Return(terms);
  Word outdated = before;
  EXPECT_FALSE(loans.Lend(terms, outdated));
  EXPECT_EQ(outdated, loans.Look());
  EXPECT_EQ(terms.CountOf(outdated), 0u);
}

TEST(Loans, AreNeverMoreThanTheirMostWhateverThreadsDo) {
  const LoanTerms terms(3);
  Loans loans;
  std::atomic<int> lent{0};
  std::atomic<int> faults{0};
  testing::RunGang(8, [&](int) {
    for (int i = 0; i < 20'000; ++i) {
      Word seen = loans.Look();
      bool got = false;
      while (!terms.IsFull(seen) && !(got = loans.Lend(terms, seen))) {
      }
      if (!got) continue;
      if (lent.fetch_add(1) >= 3) faults.fetch_add(1);
      lent.fetch_sub(1);
      loans.Return(terms);
    }
  });
  EXPECT_EQ(faults.load(), 0);
  EXPECT_EQ(terms.CountOf(loans.Look()), 0u);
}

}  // namespace
}  // namespace corepool::engine
