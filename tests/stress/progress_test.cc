#include "stress/progress.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string WrittenTo(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int byte = std::fgetc(file); byte != EOF; byte = std::fgetc(file)) {
    text += static_cast<char>(byte);
  }
  return text;
}

std::string LinesOf(Progress::Mode mode) {
  std::FILE* const file = std::tmpfile();
  {
    Progress progress(mode, file);
    for (int tenth = 0; tenth <= 25; ++tenth) {
      progress.Show({.scenario = "burst",
                     .number = 2,
                     .of = 3,
                     .elapsed_ns = tenth * kSecond / 10,
                     .planned_ns = 10 * kSecond,
                     .operations = static_cast<std::uint64_t>(tenth) * 500});
    }
  }
  std::string text = WrittenTo(file);
  std::fclose(file);
  return text;
}

TEST(Progress, PlainIsALineASecond) {
  EXPECT_EQ(LinesOf(Progress::Mode::kPlain),
            "[2/3] burst  1.0 s  5.00k ops/s  ETA 9 s\n"
            "[2/3] burst  2.0 s  5.00k ops/s  ETA 8 s\n");
}

TEST(Progress, IsSilentWhereNobodyLooks) {
  EXPECT_EQ(LinesOf(Progress::Mode::kAuto), "") << "a file is no terminal";
  EXPECT_EQ(LinesOf(Progress::Mode::kOff), "");
}

TEST(Progress, TellsWhenTheRunWillHaveEnded) {
  EXPECT_EQ(Progress::Text({.scenario = "a", .elapsed_ns = kSecond}, 0),
            "a  1.0 s  0 ops/s");
  EXPECT_EQ(Progress::Text({.scenario = "a",
                            .elapsed_ns = kSecond,
                            .operations = 400,
                            .most_operations = 1000},
                           20),
            "a  1.0 s  20 ops/s  ETA 30 s");
  EXPECT_EQ(Progress::Text({.scenario = "a", .planned_ns = 8 * 3600 * kSecond}, 0),
            "a  0.0 s  0 ops/s  ETA 8 h 00 min");
  EXPECT_EQ(Progress::Text({.scenario = "a", .planned_ns = 600 * kSecond}, 0),
            "a  0.0 s  0 ops/s  ETA 10 min");
}

}  // namespace
}  // namespace corepool::stress
