#include "stress/advice/class_planner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/advice/class_table.h"
#include "stress/advice/size_survey.h"
#include "stress/trace/block_tracker.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/trace_format.h"

namespace corepool::stress {
namespace {

using Kind = TraceStep::Kind;
using ::testing::HasSubstr;

TraceAdvice Advise(const std::string& text, const PlanOptions& options = {}) {
  auto lines = LineSource::FromText(text, "it");
  std::size_t skipped = 0;
  const TraceFormat format = *RecogniseFormat(*lines, false, skipped);
  auto trace = *OpenMallocTrace(std::move(lines), format, false, {});
  absl::StatusOr<TraceAdvice> advice =
      AdviseForTrace(*trace, options, [] { return false; });
  EXPECT_TRUE(advice.ok()) << advice.status();
  return *std::move(advice);
}

// Steps of random blocks, as a trace may have them.
std::vector<TraceStep> RandomSteps(std::uint64_t seed, std::uint64_t sizes) {
  std::mt19937_64 random(seed);
  std::vector<TraceStep> steps;
  std::vector<std::uint64_t> live;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t size = (random() % sizes + 1) * (random() % 4 + 1) * 10;
    const std::size_t which = live.empty() ? 0 : random() % live.size();
    const unsigned choice = live.empty() ? 0 : static_cast<unsigned>(random() % 5);
    if (choice < 2) {
      steps.push_back({.kind = Kind::kAllocate, .size = size});
      live.push_back(size);
    } else if (choice < 4) {
      steps.push_back({.kind = Kind::kFree, .old_size = live[which]});
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
    } else {
      steps.push_back(
          {.kind = Kind::kReallocate, .size = size, .old_size = live[which]});
      live[which] = size;
    }
  }
  return steps;
}

TEST(PeakSurvey, KnowsThePeakOfEveryRange) {
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    const std::vector<TraceStep> steps = RandomSteps(seed, 40);
    SizeSurvey sizes;
    for (const TraceStep& step : steps) sizes.Take(step);
    const std::vector<SizeGroup> groups = sizes.Groups(12);
    ASSERT_LE(groups.size(), 12u);
    PeakSurvey survey(groups);
    for (const TraceStep& step : steps) survey.Take(step);
    survey.Finish();
    for (std::size_t first = 0; first < groups.size(); ++first) {
      for (std::size_t last = first; last < groups.size(); ++last) {
        const std::uint64_t above = first == 0 ? 0 : groups[first - 1].largest;
        const auto inside = [&](std::uint64_t size) {
          return size > above && size <= groups[last].largest;
        };
        std::uint64_t live = 0;
        std::uint64_t peak = 0;
        for (const TraceStep& step : steps) {
          if (step.kind != Kind::kAllocate && inside(step.old_size)) --live;
          if (step.kind != Kind::kFree && inside(step.size)) ++live;
          peak = std::max(peak, live);
        }
        EXPECT_EQ(survey.Peak(first, last), peak) << first << " to " << last;
      }
    }
  }
}

// Tries every way to divide the groups.
double Cheapest(const std::vector<SizeGroup>& groups, const PeakSurvey& peaks,
                std::size_t begin, std::size_t classes) {
  if (begin == groups.size()) return 0;
  if (classes == 0) return std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t last = begin; last < groups.size(); ++last) {
    const double bytes = static_cast<double>(peaks.Peak(begin, last)) *
                             static_cast<double>(groups[last].largest + 16) +
                         1024;
    best = std::min(best, bytes + Cheapest(groups, peaks, last + 1, classes - 1));
  }
  return best;
}

TEST(PlanClasses, FindsTheCheapestTableThereIs) {
  for (std::uint64_t seed = 1; seed < 10; ++seed) {
    const std::vector<TraceStep> steps = RandomSteps(seed, 300);
    SizeSurvey sizes;
    for (const TraceStep& step : steps) sizes.Take(step);
    const std::vector<SizeGroup> groups = sizes.Groups(9);
    PeakSurvey peaks(groups);
    for (const TraceStep& step : steps) peaks.Take(step);
    peaks.Finish();
    for (const std::size_t most : {1u, 2u, 4u, 9u}) {
      const std::vector<PlannedClass> plan = PlanClasses(groups, peaks, most);
      ASSERT_LE(plan.size(), most);
      double bytes = 0;
      std::uint64_t requests = 0;
      for (const PlannedClass& planned : plan) {
        bytes += static_cast<double>(planned.peak) *
                     static_cast<double>(planned.block_size + 16) +
                 1024;
        requests += planned.requests;
      }
      EXPECT_DOUBLE_EQ(bytes, Cheapest(groups, peaks, 0, most));
      EXPECT_EQ(requests, static_cast<std::uint64_t>(std::count_if(
                              steps.begin(), steps.end(), [](const TraceStep& step) {
                                return step.kind != Kind::kFree;
                              })));
    }
  }
}

TEST(AdviseForTrace, CountsWhatIsLiveAtOnce) {
  // Never more than two blocks of 64, nor more than one of 4000.
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "a 0 60\na 1 50\nf 0\na 2 64\nf 1\nf 2\na 3 4000\nf 3\n";
  }
  const TraceAdvice advice = Advise(text);
  EXPECT_EQ(ClassTableAsFlag(advice.table), "64x2,4000x1");
  EXPECT_EQ(advice.counts.allocations, 400u);
  EXPECT_EQ(advice.counts.peak_bytes, 4000u);
  EXPECT_EQ(advice.classes[0].requests, 300u);
  EXPECT_EQ(ClassTableAsFlag(Advise(text, {.most_classes = 1}).table), "4000x2");
  EXPECT_EQ(ClassTableAsFlag(Advise(text, {.headroom = 0.5}).table), "64x3,4000x2");
}

TEST(AdviseForTrace, NeedsOneBlockForOneThatGrows) {
  std::string text = "a 0 1\n";
  for (int size = 100; size < 30'000; size += 3) {
    text += "r 0 " + std::to_string(size) + "\n";
  }
  const TraceAdvice advice = Advise(text + "f 0\n", {.most_classes = 4});
  for (const PlannedClass& planned : advice.classes) EXPECT_EQ(planned.peak, 1u);
}

TEST(AdviseForTrace, HasNoAdviceForNothing) {
  const TraceAdvice advice = Advise("1: free 0x0\n");
  EXPECT_TRUE(advice.table.empty());
  EXPECT_EQ(advice.wasted_bytes(), 0u + advice.total_bytes);
}

TEST(ClassTable, IsWhatItSays) {
  for (const std::string text :
       {"64x100,128x20", " 128X20, 64x100 ", "64x60,128x20,64x40\n",
        "% classes\nFIXED a 64 100\r\nFIXED b 0x80 20 % so\n"}) {
    const absl::StatusOr<ClassTable> table = ParseClassTable(text, "it");
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_EQ(ClassTableAsFlag(*table), "64x100,128x20") << text;
    EXPECT_EQ(ClassTableAsFlag(*ParseClassTable(ClassTableAsDefinitions(*table), "it")),
              "64x100,128x20");
  }
}

TEST(ClassTable, SaysWhatIsWrong) {
  const std::map<std::string, std::string> bad = {
      {"64x100,128", "'128' is not a class"},
      {"64x100,,", "'' is not a class"},
      {"64x100,0x5", "no MultiPool"},
      {"64x18446744073709551615", "no MultiPool"},
      {"FIXED a 64", "line 1"},
      {"POOL a 64 256 4", "splits"},
      {"", "no pools"},
  };
  for (const auto& [text, what] : bad) {
    const std::string message(ParseClassTable(text, "it").status().message());
    EXPECT_THAT(message, HasSubstr(what)) << text;
    EXPECT_THAT(message, HasSubstr("it: ")) << text;
  }
  EXPECT_THAT(std::string(ClassTableFromFlag("pools", "/no/such").status().message()),
              HasSubstr("--pools=/no/such is neither classes"));
}

}  // namespace
}  // namespace corepool::stress
