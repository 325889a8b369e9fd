// Proves that the program notices what it is there to notice: builds of it, and of the
// library, that are wrong on purpose end with a fault, each in the scenarios that name
// that sabotage in their headers.
//
// A run ends at its first fault; COREPOOL_EFFORT multiplies how often each is done.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/scenarios/scenario.h"
#include "tests/support/program.h"

namespace corepool::stress {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Outcome = testing::ShellOutcome;
using testing::RunShell;

constexpr int kBudgetSeconds = 60;

// One scenario and one of the sabotages that it must catch.
struct Case {
  std::string scenario;
  std::string sabotage;

  std::string program() const {
    return absl::StrCat("stress/corepool-stress-sabotaged-", sabotage);
  }
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.scenario << " must catch " << one.sabotage;
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (const Scenario& scenario : AllScenarios()) {
    const std::vector<std::string> kinds =
        absl::StrSplit(std::string(scenario.must_catch), ' ', absl::SkipEmpty());
    for (const std::string& kind : kinds) {
      cases.push_back({std::string(scenario.name), kind});
    }
  }
  return cases;
}

class Sabotage : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Of, Sabotage, ::testing::ValuesIn(AllCases()),
                         [](const auto& of) {
                           return absl::StrCat(of.param.scenario, "_catches_",
                                               of.param.sabotage);
                         });

TEST_P(Sabotage, IsCaughtWithinTheBudget) {
  const Case& one = GetParam();
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  const int times = effort == nullptr ? 1 : std::atoi(effort);
  for (int seed = 1; seed <= times; ++seed) {
    const auto begin = std::chrono::steady_clock::now();
    const Outcome outcome =
        RunShell(absl::StrCat(one.program(), " run ", one.scenario,
                              " --duration=", kBudgetSeconds, "s --seed=", seed));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "exit " << outcome.code << " after " << took.count() << " s\n";
    // Incorrect, or a leak; anything else is not the tool's own verdict.
    EXPECT_THAT(outcome.code, AnyOf(2, 3)) << outcome.out;
    EXPECT_LT(took.count(), kBudgetSeconds) << outcome.out;
  }
}

TEST_P(Sabotage, IsNamedByItsBuild) {
  const Outcome outcome = RunShell(absl::StrCat(GetParam().program(), " --version"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("sabotage: ", GetParam().sabotage)));
}

TEST(NoSabotage, IsNamedByTheProgramItself) {
  EXPECT_THAT(RunShell("stress/corepool-stress --version").out,
              Not(HasSubstr("sabotage")));
}

TEST(EveryScenario, NamesASabotage) {
  for (const Scenario& scenario : AllScenarios()) {
    EXPECT_NE(scenario.must_catch, "") << scenario.name;
  }
}

}  // namespace
}  // namespace corepool::stress
