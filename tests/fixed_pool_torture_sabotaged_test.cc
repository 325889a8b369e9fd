// Proves that the torture test has teeth: with tags of 2 bits, on which ABA is a
// matter of microseconds, it must fail. This file is linked with a core that was
// compiled so (//tests:sabotaged_core).

#include <cstdint>

#include "corepool/config.h"
#include "corepool/lockfree/tagged_index.h"
#include "gtest/gtest.h"
#include "tests/support/torture.h"

namespace corepool::testing {
namespace {

static_assert(COREPOOL_SABOTAGE_TAG_BITS == 2, "this test wants the sabotaged core");

TEST(SabotagedTorture, FindsTheAbaThatTwoTagBitsLetThrough) {
  // Two of seven such rounds find it, on two cores.
  constexpr std::uint64_t kRounds = 2000;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    const TortureReport report = Torture({.threads = 3,
                                          .operations = 200'000,
                                          .blocks = 4,
                                          .bulk = false,
                                          .seed = seed});
    // Not report.sound: statistics are counted by the tag.
    if (report.doubled + report.damaged + report.refused + report.missing != 0) return;
  }
  FAIL() << "no fault in " << kRounds << " rounds";
}

TEST(SabotagedTaggedIndex, ComesBackToTheSameWordAfterFourChanges) {
  const lockfree::TaggedIndex tagged(10);
  lockfree::Word word = tagged.With(0, 3);
  const lockfree::Word first = word;
  for (int i = 0; i < 4; ++i) word = tagged.With(word, 3);
  EXPECT_EQ(word, first);
}

}  // namespace
}  // namespace corepool::testing
