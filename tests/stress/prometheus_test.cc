#include "stress/output/prometheus.h"

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;

// By the format's grammar: every sample behind the head of its metric, no two alike, no
// time stamps.
void ExpectValid(const std::string& text) {
  const std::regex head(R"(# HELP (corepool_stress_[a-z_]+) [^\n]+)");
  const std::regex type(R"(# TYPE (corepool_stress_[a-z_]+) (gauge|counter|summary))");
  const std::regex sample(
      R"rx((corepool_stress_[a-z_]+)(\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="([^"\\]|\\["\\n])*")*\})? -?[0-9.e+-]+)rx");
  std::set<std::string> metrics;
  std::set<std::string> samples;
  std::string metric;
  std::smatch parts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, parts, head)) {
      metric = parts[1];
      EXPECT_TRUE(metrics.insert(metric).second) << line;
    } else if (std::regex_match(line, parts, type)) {
      EXPECT_EQ(parts[1], metric);
    } else if (std::regex_match(line, parts, sample)) {
      const std::string name = parts[1];
      EXPECT_TRUE(name == metric || name == metric + "_sum" ||
                  name == metric + "_count")
          << line;
      EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << line;
    } else {
      ADD_FAILURE() << line;
    }
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST(Prometheus, IsValid) {
  ExpectValid(RecordAsPrometheus({}));
  ExpectValid(RecordAsPrometheus(MadeUpRun(13, 500, 2, 1)));
  ExpectValid(RecordAsPrometheus(MadeUpRun(2, 0, 1, 0)));
}

TEST(Prometheus, IsValidThoughNamesAreTwiceThereOrOdd) {
  RunRecord run = MadeUpRun(2, 500, 2, 1, true);
  run.scenarios[1].name = run.scenarios[0].name;
  run.scenarios[0].latencies[1].operation = run.scenarios[0].latencies[0].operation;
  run.scenarios[0].checks.push_back(run.scenarios[0].checks[0]);
  run.scenarios[0].checks[0].name = "a \"b\" \\ \n c";
  ExpectValid(RecordAsPrometheus(run));
}

TEST(Prometheus, TellsSeconds) {
  RunRecord run = MadeUpRun(1, 0, 1, 1);
  run.scenarios[0].latencies[0].service.Record(1500);
  const std::string text = RecordAsPrometheus(run);
  EXPECT_THAT(text, HasSubstr("corepool_stress_latency_seconds{scenario=\"aba_storm\","
                              "operation=\"allocate\",clock=\"service\","
                              "quantile=\"0.999\"} 1.5e-06\n"));
  EXPECT_THAT(text, HasSubstr("clock=\"service\"} 1.5e-06\n"));
  EXPECT_THAT(text, HasSubstr("corepool_stress_exit_code 0\n"));
}

}  // namespace
}  // namespace corepool::stress
