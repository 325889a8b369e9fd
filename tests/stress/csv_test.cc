#include "stress/output/csv.h"

#include <cstddef>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using Row = std::vector<std::string>;

// By RFC 4180.
std::vector<Row> Parse(const std::string& text) {
  std::vector<Row> rows = {{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted) {
      if (text[i] != '"') {
        rows.back().back() += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        rows.back().back() += text[i++];
      } else {
        quoted = false;
      }
    } else if (text[i] == '"') {
      quoted = true;
    } else if (text[i] == ',') {
      rows.back().emplace_back();
    } else if (text[i] == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += text[i];
    }
  }
  rows.pop_back();
  return rows;
}

TEST(Csv, HasARowForEachOperationClockAndCore) {
  const RunRecord run = MadeUpRun(2, 1000, 3, 1, true);
  const std::vector<Row> rows = Parse(RecordAsCsv(run));
  ASSERT_EQ(rows.size(), 1u + 2 * 2 * (2 + 3));
  for (const Row& row : rows) ASSERT_EQ(row.size(), rows[0].size());
  const LatencyRecord& first = run.scenarios[0].latencies[0];
  EXPECT_EQ(rows[0][0], "scenario");
  EXPECT_EQ(rows[0].back(), "max_ns");
  EXPECT_EQ(rows[1][0], "aba_storm");
  EXPECT_EQ(rows[1].back(), std::to_string(first.service.max()));
  EXPECT_EQ(rows[2][7], "response");
  EXPECT_EQ(rows[2].back(), std::to_string(first.response.max()));
  EXPECT_EQ(rows[3][8], "0");
  EXPECT_EQ(rows[3].back(), std::to_string(first.per_core[0].service.max()));
}

TEST(Csv, QuotesWhatNeedsIt) {
  RunRecord run = MadeUpRun(1, 10, 1, 1);
  run.scenarios[0].name = "a,b \"c\"\nd";
  run.scenarios[0].latencies.clear();
  run.scenarios[0].skipped = "why";
  const std::vector<Row> rows = Parse(RecordAsCsv(run));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1][0], run.scenarios[0].name);
  EXPECT_EQ(rows[1][1], "skipped");
  EXPECT_EQ(rows[1].size(), rows[0].size());
}

}  // namespace
}  // namespace corepool::stress
