#include "stress/trace/can_survey.h"

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/line_source.h"

namespace corepool::stress {
namespace {

using ::testing::StartsWith;

bool Never() { return false; }

absl::StatusOr<CanSurvey> Survey(
    const std::string& text,
    CandumpReader::Stamps stamps = CandumpReader::Stamps::kGuess) {
  const std::unique_ptr<LineSource> lines = LineSource::FromText(text, "log");
  CandumpReader reader({lines.get()}, {.stamps = stamps});
  return SurveyCanLog(reader, absl::Seconds(10), absl::Milliseconds(10), Never);
}

TEST(CanSurvey, TellsWhatAReplayNeeds) {
  const auto survey = Survey(
      "(1.000) can1 123#11\n(1.005) can0 123#\n(1.010) can1 123##0112233\n"
      "(1.011) can1 123#R8\n(50.0) can1 123#\n");
  ASSERT_TRUE(survey.ok());
  ASSERT_EQ(survey->buses.size(), 2u);
  EXPECT_EQ(survey->buses[0].name, "can1");
  EXPECT_EQ(survey->buses[0].frames, 4u);
  EXPECT_EQ(survey->buses[1].name, "can0");
  EXPECT_EQ(survey->buses[1].frames, 1u);
  EXPECT_EQ(survey->frames, 5u);
  EXPECT_EQ(survey->longest_payload, 3u);
  EXPECT_EQ(survey->clock_jumps, 1u);
  EXPECT_EQ(survey->recommended_blocks, 4u) << "a jump takes no time";
}

TEST(CanSurvey, ReadsAgainWhatItTookForOtherTimes) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text +=
        i % 2 == 0 ? "(000.020)  can0  123   [0]\n" : "(000.001)  can0  123   [0]\n";
  }
  const auto guessed = Survey(text);
  ASSERT_TRUE(guessed.ok());
  EXPECT_EQ(guessed->frames, 100u);
  EXPECT_EQ(guessed->buses.at(0).frames, 100u);
  EXPECT_EQ(guessed->clock_jumps, 0u);
  EXPECT_EQ(guessed->recommended_blocks, 2u);
  const auto told = Survey(text, CandumpReader::Stamps::kSinceStart);
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->clock_jumps, 50u);
}

TEST(CanSurvey, SaysWhatIsWrongWithALog) {
  EXPECT_THAT(std::string(Survey("(1.0) can0 123#\n(1.0) can0\n").status().message()),
              StartsWith("log:2: "));
  EXPECT_EQ(Survey("").status().message(), "log: no CAN frames in it");
}

TEST(CanSurvey, StopsWhenItIsToldTo) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "(1.0) can0 123#\n";
  const std::unique_ptr<LineSource> lines = LineSource::FromText(text, "log");
  CandumpReader reader({lines.get()}, {});
  int asked = 0;
  const auto survey = SurveyCanLog(reader, absl::Seconds(10), absl::Milliseconds(10),
                                   [&asked] { return ++asked == 2; });
  EXPECT_TRUE(absl::IsCancelled(survey.status()));
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace corepool::stress
