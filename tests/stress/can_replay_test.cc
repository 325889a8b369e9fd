#include "stress/scenarios/can_replay.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/trace/can_survey.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/line_source.h"
#include "stress/trace/timeline.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;

// More than are ever read ahead.
constexpr int kMany = 20'000;

std::string Line(int bus, int number) {
  return "(1.0) can" + std::to_string(bus) + " 123#" +
         std::to_string(10'000'000 + number) + "\n";
}

absl::StatusOr<ReplayResult> Replay(
    LineSource& lines, const ReplayOptions& options,
    const std::function<void()>& meanwhile = [] {}) {
  CandumpReader reader({&lines}, {});
  const absl::StatusOr<CanSurvey> survey = SurveyCanLog(
      reader, absl::Seconds(10), absl::Milliseconds(10), [] { return false; });
  if (!survey.ok()) return survey.status();
  meanwhile();
  return ReplayCan(reader, *survey, Timeline(absl::Seconds(10)), options,
                   [](std::uint64_t) {});
}

absl::StatusOr<ReplayResult> ReplayText(const std::string& text,
                                        const ReplayOptions& options = {}) {
  return Replay(*LineSource::FromText(text, "log"), options);
}

void ExpectWhole(const absl::StatusOr<ReplayResult>& result, std::uint64_t frames) {
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->correct());
  EXPECT_EQ(result->all.frames_in, frames);
  EXPECT_EQ(result->all.frames_out + result->all.exhausted, frames);
  EXPECT_EQ(result->payload_bytes, result->all.frames_out * 4);
  EXPECT_EQ(result->pool.used, 0u);
}

TEST(CanReplay, PassesOnMoreFramesThanItReadsAhead) {
  std::string text;
  for (int i = 0; i < 3 * kMany; ++i) text += Line(i % 2, i);
  const auto result = ReplayText(text);
  ExpectWhole(result, 3 * kMany);
  EXPECT_EQ(result->all.exhausted, 0u);
  EXPECT_EQ(result->buses.at(1).frames_out, 3 * kMany / 2);
}

TEST(CanReplay, PassesOnBusesThatComeOneBehindTheOther) {
  std::string text;
  for (int bus = 0; bus < 3; ++bus) {
    for (int i = 0; i < kMany; ++i) text += Line(bus, i);
  }
  const auto result = ReplayText(text);
  ExpectWhole(result, 3 * kMany);
  EXPECT_EQ(result->all.exhausted, 0u);
}

TEST(CanReplay, NeedsOneBlockOnly) {
  std::string text;
  for (int i = 0; i < kMany; ++i) text += Line(i / 1000 % 2, i);
  const auto result = ReplayText(text, {.pool_blocks = 1});
  ExpectWhole(result, kMany);
  EXPECT_EQ(result->all.exhausted, 0u);
}

// All frames are due at once, of which the handlers drop nearly all.
TEST(CanReplay, GoesOnWhereHardlyAnyFrameFindsABlock) {
  std::string text;
  for (int i = 0; i < 3 * kMany; ++i) text += Line(i / kMany, i);
  for (const std::size_t blocks : {0u, 1u, 2u, 3u}) {
    SCOPED_TRACE(blocks);
    const auto result = ReplayText(text, {.open_loop = true, .pool_blocks = blocks});
    ExpectWhole(result, 3 * kMany);
    EXPECT_GT(result->all.exhausted, 0u);
    EXPECT_EQ(result->all.frames_out == 0, blocks == 0);
  }
}

TEST(CanReplay, DropsNothingOfABurstForWhichThereAreBlocks) {
  std::string text;
  for (int i = 0; i < 2 * kMany; ++i) text += Line(0, i);
  const auto result = ReplayText(text, {.open_loop = true, .pool_blocks = 2 * kMany});
  ExpectWhole(result, 2 * kMany);
  EXPECT_EQ(result->all.exhausted, 0u);
}

TEST(CanReplay, EndsEarlyWhereverItIs) {
  std::string text;
  for (int i = 0; i < 3 * kMany; ++i) text += Line(i / kMany, i);
  for (const bool open_loop : {false, true}) {
    const auto result =
        ReplayText(text, {.open_loop = open_loop, .enough = [] { return true; }});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->correct());
    EXPECT_EQ(result->pool.used, 0u);
  }
}

TEST(CanReplay, SaysIfTheLogIsNoLongerWhatItWas) {
  const std::string path = ::testing::TempDir() + "/changing.log";
  std::string text;
  for (int i = 0; i < 100; ++i) text += Line(i % 2, i);
  const auto replay_after = [&](const std::string& change) {
    std::ofstream(path) << text;
    const auto lines = LineSource::OpenFile(path, "it");
    EXPECT_TRUE(lines.ok());
    const auto result = Replay(**lines, {}, [&] { std::ofstream(path) << change; });
    EXPECT_TRUE(absl::IsInvalidArgument(result.status()) || result.ok());
    return std::string(result.status().message());
  };
  EXPECT_EQ(replay_after(text + Line(7, 8)), "") << "it has grown";
  EXPECT_THAT(replay_after(text.substr(0, 1000)), HasSubstr("it"));
  EXPECT_THAT(replay_after(text.substr(0, text.find('\n') + 1)), HasSubstr("shorter"));
  EXPECT_THAT(replay_after(Line(7, 8) + text), HasSubstr("changed"));
  EXPECT_THAT(replay_after(Line(0, 8) + text), HasSubstr("changed"));
  EXPECT_THAT(replay_after("(1.0) can0 123#1122334455\n" + text), HasSubstr("changed"));
  EXPECT_THAT(replay_after("nonsense\n" + text), HasSubstr("it:1: "));
}

}  // namespace
}  // namespace corepool::stress
