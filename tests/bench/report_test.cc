#include "bench/peers/report.h"

#include <chrono>
#include <string>
#include <vector>

#include "bench/peers/peer_table.h"
#include "bench/peers/tournament.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace corepool::bench {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Results SomeResults() {
  Results results;
  results.samples["W4"] = {{"corepool", {20, 20}}, {"glibc", {180, 220}}};
  results.samples["W1"] = {{"glibc", {8, 9}}, {"corepool", {4, 6}}, {"list", {1, 1}}};
  results.skipped["tbb"] = "libtbb-dev is not installed";
  return results;
}

Plan SomePlan() {
  Plan plan;
  plan.peers = {FindPeer("corepool"), FindPeer("list"), FindPeer("glibc"),
                FindPeer("tbb")};
  plan.rounds = 2;
  plan.slice = std::chrono::milliseconds(10);
  plan.seed = 5;
  plan.cpus = {0, 1};
  return plan;
}

TEST(Report, KeepsTheOrderOfWorkloadsAndPutsTheFastestFirst) {
  const Results results = SomeResults();
  EXPECT_THAT(MeasuredKeys(results), ElementsAre("W1", "W4"));
  std::vector<std::string> names;
  for (const Row& row : Ranking(results, "W1")) names.push_back(row.peer);
  EXPECT_THAT(names, ElementsAre("list", "corepool", "glibc"));
}

TEST(Report, ShowsThreeDigits) {
  EXPECT_EQ(FormatNanoseconds(0.384), "0.38");
  EXPECT_EQ(FormatNanoseconds(9.996), "10.0");
  EXPECT_EQ(FormatNanoseconds(99.96), "100");
  EXPECT_EQ(FormatNanoseconds(40783.2), "40783");
}

TEST(TextReport, GivesRatiosToCorepool) {
  const std::string text = TextReport(SomeResults());
  EXPECT_THAT(text, ContainsRegex("W1: one thread, .* ns per pair"));
  EXPECT_THAT(text, ContainsRegex("glibc +8.25 +8.50 +8.00 +9.00 +1.83\n"));
  EXPECT_THAT(text, ContainsRegex("corepool +4.50 +5.00 +4.00 +6.00 +1.00\n"));
}

TEST(TextReport, DoesWithoutCorepool) {
  Results results = SomeResults();
  results.samples["W1"].erase("corepool");
  EXPECT_THAT(TextReport(results), ContainsRegex("glibc +8.25 +8.50 +8.00 +9.00\n"));
}

TEST(JsonReport, HasPercentilesAndMediansByWorkloadAndPeer) {
  const nlohmann::json json = JsonReport(SomePlan(), SomeResults());
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["config"]["seed"], 5);
  EXPECT_DOUBLE_EQ(json["p25_ns"]["W1"]["glibc"].get<double>(), 8.25);
  EXPECT_DOUBLE_EQ(json["medians_ns"]["W4"]["glibc"].get<double>(), 200);
  EXPECT_EQ(json["skipped"]["tbb"], "libtbb-dev is not installed");
  EXPECT_FALSE(json["p25_ns"].contains("W3"));
}

TEST(MarkdownReport, HasARowForEachPeerThatTookPart) {
  const std::string text = MarkdownReport(SomePlan(), SomeResults());
  EXPECT_THAT(text, ContainsRegex("^# [0-9]+-[0-9]+-[0-9]+\n"));
  EXPECT_THAT(text, HasSubstr("| peer | W1 | W4 |\n|---|--:|--:|\n"
                              "| corepool | 4.50 | 20.0 |\n"
                              "| list | 1.00 |  |\n"
                              "| glibc | 8.25 | 190 |\n"));
}

}  // namespace
}  // namespace corepool::bench
