// Proves that each of many ways to misuse a pool is noticed: the default handler stops
// the program and names kind, block, byte and pool; a handler that returns finds the
// call refused and leaves a sound pool behind.

#include "tests/misuse_cases.h"

#include <cstddef>
#include <iostream>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/misuse_judge.h"

namespace corepool::testing {
namespace {

// Everything that is tried of one name.
struct Way {
  std::string name;
  std::vector<MisuseRun> runs;
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

std::vector<Way> AllWays() {
  std::vector<Way> ways;
  std::map<std::string, std::size_t> places;
  for (std::vector<MisuseRun>& some :
       std::vector{DoubleFreeRuns(), PointerRuns(), StrayWriteRuns(), MultiPoolRuns(),
                   LeakRuns(), ParticularRuns()}) {
    for (MisuseRun& run : some) {
      const auto [place, is_new] = places.try_emplace(run.name, ways.size());
      if (is_new) ways.push_back({run.name, {}});
      ways[place->second].runs.push_back(std::move(run));
    }
  }
  return ways;
}

// AddressSanitizer's processes are slow to begin: one in so many then.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStep = 8;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr std::size_t kStep = 8;
#else
constexpr std::size_t kStep = 1;
#endif
#else
constexpr std::size_t kStep = 1;
#endif

class Misuse : public ::testing::TestWithParam<Way> {
 protected:
  // Until it fails.
  template <class Try>
  void TryAll(std::size_t step, const Try& try_one) {
    const std::vector<MisuseRun>& runs = GetParam().runs;
    for (std::size_t i = 0; i < runs.size(); i += step) {
      const MisuseRun& run = runs[i];
      SCOPED_TRACE(run.where);
      try_one(run);
      if (HasFailure()) return;
    }
  }
};

TEST_P(Misuse, IsStoppedWithItsName) {
  TryAll(kStep, [](const MisuseRun& run) { ExpectStopped(run.run); });
}

TEST_P(Misuse, IsRefusedAndHarmsNothing) {
  TryAll(1, [](const MisuseRun& run) {
    MisuseJudge judge;
    run.run(judge);
    judge.Settle();
  });
}

INSTANTIATE_TEST_SUITE_P(All, Misuse, ::testing::ValuesIn(AllWays()),
                         [](const ::testing::TestParamInfo<Way>& way) {
                           return way.param.name;
                         });

TEST(MisuseCases, AreAtLeastSixty) {
  const std::vector<Way> ways = AllWays();
  std::size_t runs = 0;
  for (const Way& way : ways) runs += way.runs.size();
  std::cout << ways.size() << " ways to misuse a pool, tried on " << runs
            << " pools with either handler\n";
  EXPECT_GE(ways.size(), 60u);
}

}  // namespace
}  // namespace corepool::testing
