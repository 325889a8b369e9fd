#include "stress/output/json.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

// A run in which every field of the record is used.
RunRecord FullRun() {
  RunRecord run = MadeUpRun(3, 5000, 3, 2.5, true);
  run.interrupted = true;
  run.warnings = {"this is made up"};
  run.scenarios[1].skipped = "no \"CPU\" for it\n";
  run.scenarios[2].checks.push_back(
      {Check::Kind::kResource, "threads", 18'000'000'000'000'000'000u, "none"});
  run.scenarios[2].leaks = {"block 7 of thread 3"};
  run.scenarios[2].latencies[0].per_core[0].cpu = -1;
  run.gates.push_back({Check::Kind::kGate, "p99 at most 1us", 2, "3 us"});
  run.results_json = R"({"frames_in": 17})";
  return run;
}

std::string ErrorOf(const std::string& text) {
  const auto run = RecordFromJson(text);
  return run.ok() ? "no error" : std::string(run.status().message());
}

std::string Changed(const Json::json_pointer& where, const Json& what) {
  static const Json kFull = Json::parse(RecordAsJson(FullRun()));
  Json json = kFull;
  json[where] = what;
  return ErrorOf(json.dump());
}

TEST(Json, ComesBackAsItWas) {
  const RunRecord run = FullRun();
  const std::string text = RecordAsJson(run);
  const auto back = RecordFromJson(text);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(RecordAsJson(*back), text);
  EXPECT_EQ(back->host, run.host);
  EXPECT_EQ(back->tool, run.tool);
  EXPECT_EQ(back->config, run.config);
  EXPECT_EQ(back->scenarios[1].skipped, run.scenarios[1].skipped);
  EXPECT_EQ(back->scenarios[2].checks[2].violations,
            run.scenarios[2].checks[2].violations);
  EXPECT_EQ(back->scenarios[0].pools[0].occupancy.spans(),
            run.scenarios[0].pools[0].occupancy.spans());
  const LatencyRecord& one = run.scenarios[0].latencies[0];
  const LatencyRecord& other = back->scenarios[0].latencies[0];
  for (const double percentile : {0.0, 1.0, 50.0, 99.0, 99.99, 100.0}) {
    EXPECT_EQ(other.service.Percentile(percentile), one.service.Percentile(percentile));
  }
  EXPECT_EQ(other.service.min(), one.service.min());
  EXPECT_EQ(other.heat.interval(), one.heat.interval());
}

TEST(Json, OfAnEmptyRunComesBackToo) {
  const std::string text = RecordAsJson({});
  const auto back = RecordFromJson(text);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(RecordAsJson(*back), text);
}

TEST(Json, BeginsWithItsSchemaAndHasNumbersWhereTheyAreNumbers) {
  const std::string text = RecordAsJson(FullRun());
  EXPECT_EQ(text.find("{\n  \"schema_version\": 2,"), 0u);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["config"]["seed"], 7);
  EXPECT_EQ(json["config"]["mlock"], false);
  EXPECT_EQ(json["results"]["frames_in"], 17);
  EXPECT_EQ(json["verdict"]["exit_code"], 4);
  EXPECT_EQ(json["scenarios"][0]["verdict"]["pass"], true);
}

TEST(Json, IsValidWhateverBytesNamesHave) {
  RunRecord run = MadeUpRun(1, 10, 1, 1);
  run.scenarios[0].name = "\xff\xfe\x01\"\\";
  run.config.emplace_back("sour\xc3", "\xc3");
  EXPECT_TRUE(Json::accept(RecordAsJson(run)));
  EXPECT_TRUE(RecordFromJson(RecordAsJson(run)).ok());
}

TEST(Json, KeepsTextsThatOnlyLookLikeNumbers) {
  RunRecord run;
  run.config = {
      {"a", "007"}, {"b", "1e3"}, {"c", "-5"},   {"d", "18446744073709551615"},
      {"e", " 1"},  {"f", ""},    {"g", "null"}, {"h", "+1"}};
  const auto back = RecordFromJson(RecordAsJson(run));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->config, run.config);
}

TEST(Json, OfOtherSchemasIsRefusedInOneLine) {
  EXPECT_EQ(ErrorOf("what?"), "not JSON");
  EXPECT_EQ(ErrorOf(""), "not JSON");
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("no schema_version"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("no schema_version"));
  EXPECT_THAT(ErrorOf(R"({"schema_version": "2"})"), HasSubstr("no schema_version"));
  EXPECT_THAT(ErrorOf(R"({"schema_version": 3})"), HasSubstr("3 is newer than 2"));
  EXPECT_THAT(ErrorOf(R"({"schema_version": 1})"), HasSubstr("1 is older than 2"));
  EXPECT_THAT(ErrorOf(R"({"schema_version": 2})"), HasSubstr("tool is missing"));
}

TEST(Json, ThatMakesNoSenseIsRefusedByItsPlace) {
  const Json::json_pointer service("/scenarios/0/latencies/1/service");
  EXPECT_EQ(Changed(service / "count", 7),
            "scenarios[0].latencies[1].service has another count than its buckets");
  EXPECT_EQ(Changed(service / "min", 0),
            "scenarios[0].latencies[1].service has a min or max that is not in its "
            "buckets");
  EXPECT_EQ(Changed(service / "buckets" / 0, {3, -1}),
            "scenarios[0].latencies[1].service.buckets[0] is no bucket of a histogram");
  EXPECT_EQ(Changed(service / "buckets" / 0, {3}),
            "scenarios[0].latencies[1].service.buckets[0] has not 2 numbers");
  EXPECT_EQ(Changed(service / "buckets", "many"),
            "scenarios[0].latencies[1].service.buckets is not a list");
  const Json::json_pointer heat("/scenarios/0/latencies/0/heat");
  EXPECT_THAT(Changed(heat / "interval_ns", 3'000'000), HasSubstr("not a millisecond"));
  EXPECT_THAT(Changed(heat / "interval_ns", 0), HasSubstr("not a millisecond"));
  EXPECT_THAT(Changed(heat / "cells" / 0, {256, 4, 1}), HasSubstr("no cell"));
  EXPECT_THAT(Changed(heat / "cells" / 0, {0, 4097, 1}), HasSubstr("no cell"));
  EXPECT_THAT(Changed(Json::json_pointer("/scenarios/0/operations"), -1),
              HasSubstr("operations is not a whole number that fits"));
  EXPECT_THAT(Changed(Json::json_pointer("/scenarios/0/operations"), 1.5),
              HasSubstr("operations is not a whole number"));
  EXPECT_THAT(Changed(Json::json_pointer("/gates/0/kind"), "door"),
              HasSubstr("gates[0].kind is no kind"));
  EXPECT_THAT(
      Changed(Json::json_pointer("/scenarios/0/pools/0/occupancy/spans/0"), {0, 5, 4}),
      HasSubstr("no span"));
  EXPECT_THAT(Changed(Json::json_pointer("/warnings/0"), 5), HasSubstr("not a text"));
  EXPECT_THAT(Changed(Json::json_pointer("/config"), Json::array()),
              HasSubstr("config.command is missing"));
}

}  // namespace
}  // namespace corepool::stress
