#include "stress/heat_map.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

std::uint64_t Total(const HeatMap& heat) {
  std::uint64_t total = 0;
  for (int column = 0; column < HeatMap::kColumns; ++column) {
    for (int row = 0; row < HeatMap::kRows; ++row) total += heat.At(column, row);
  }
  return total;
}

TEST(HeatMap, HasRowsWithoutGaps) {
  for (int row = 0; row < HeatMap::kRows; ++row) {
    EXPECT_EQ(HeatMap::RowOf(HeatMap::LowerEnd(row)), row);
    if (row > 0) {
      EXPECT_EQ(HeatMap::RowOf(HeatMap::LowerEnd(row) - 1), row - 1);
    }
  }
}

TEST(HeatMap, PutsEachRecordIntoItsInterval) {
  HeatMap heat;
  heat.Record(0, 10);
  heat.Record(999'999, 10);
  heat.Record(1'000'000, 10);
  heat.Record(5'500'000, 10);
  heat.Record(500'000, 10);  // back in time, as signal handlers may be
  const int row = HeatMap::RowOf(10);
  EXPECT_EQ(heat.At(0, row), 3u);
  EXPECT_EQ(heat.At(1, row), 1u);
  EXPECT_EQ(heat.At(5, row), 1u);
}

TEST(HeatMap, DoublesTheIntervalAndLosesNothing) {
  HeatMap heat;
  for (std::int64_t ms = 0; ms < 2000; ++ms) heat.Record(ms * 1'000'000, 100);
  EXPECT_EQ(heat.interval(), 8'000'000);
  EXPECT_EQ(Total(heat), 2000u);
  for (int column = 0; column < 250; ++column) {
    EXPECT_EQ(heat.At(column, HeatMap::RowOf(100)), 8u) << column;
  }
  heat.Record(3'600'000'000'000, 100);
  heat.Record(1, 100);
  EXPECT_EQ(Total(heat), 2002u);
}

TEST(HeatMap, MergesMapsOfOtherIntervals) {
  HeatMap longer;
  longer.Record(1'000'000'000, 7);
  HeatMap shorter;
  shorter.Record(0, 7);
  HeatMap merged = shorter;
  merged.Merge(longer);
  EXPECT_EQ(merged.interval(), longer.interval());
  EXPECT_EQ(Total(merged), 2u);
  longer.Merge(shorter);
  EXPECT_EQ(longer.At(0, HeatMap::RowOf(7)), 1u);
  shorter.Record(2'000'000, 7);
  EXPECT_EQ(shorter.At(2, HeatMap::RowOf(7)), 1u);
  merged.Record(1'000'000'001, 7);
  EXPECT_EQ(Total(merged), 3u);
  EXPECT_EQ(
      merged.At(static_cast<int>(1'000'000'000 / merged.interval()), HeatMap::RowOf(7)),
      2u);
}

TEST(HeatMap, IsRestoredFromWhatItTells) {
  HeatMap heat;
  EXPECT_TRUE(heat.RestoreInterval(4'000'000));
  EXPECT_TRUE(heat.RestoreCell(3, HeatMap::LowerEnd(20), 5));
  EXPECT_EQ(heat.At(3, 20), 5u);
  EXPECT_FALSE(heat.RestoreCell(HeatMap::kColumns, 4, 1));
  EXPECT_FALSE(heat.RestoreCell(0, 9, 1)) << "not the lower end of a row";
  for (const std::int64_t bad : {-1'000'000, 0, 1, 3'000'000}) {
    EXPECT_FALSE(HeatMap().RestoreInterval(bad)) << bad;
  }
}

}  // namespace
}  // namespace corepool::stress
