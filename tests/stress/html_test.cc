#include "stress/output/html.h"

#include <cstddef>
#include <regex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "stress/latency_histogram.h"
#include "stress/output/json.h"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;

// Every tag closed in the order in which it was opened, attributes quoted, nothing that
// a browser would fetch or run.
void ExpectSound(const std::string& html) {
  const std::regex tag(R"rx(<(/?)([a-z0-9]+)((?: [a-z0-9-]+(?:="[^"<>]*")?)*)(/?)>)rx",
                       std::regex::icase);
  std::vector<std::string> open;
  const std::size_t begin = html.find("<html");
  const std::size_t style = html.find("<style>");
  const std::size_t style_end = html.find("</style>");
  ASSERT_NE(style_end, std::string::npos);
  const std::string rest =
      html.substr(begin, style - begin) + html.substr(style_end + 8);
  std::size_t tags = 0;
  for (std::sregex_iterator at(rest.begin(), rest.end(), tag), end; at != end; ++at) {
    ++tags;
    const std::string name = (*at)[2];
    if (name == "meta" || name == "link" || (*at)[4] == "/") continue;
    if ((*at)[1] == "/") {
      ASSERT_FALSE(open.empty()) << at->str();
      ASSERT_EQ(open.back(), name);
      open.pop_back();
    } else {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
  std::size_t angles = 0;
  for (const char character : rest) angles += character == '<';
  EXPECT_EQ(angles, tags) << "something is no tag";
  for (const char* const bad : {"<script", "http:", "https:", "url(", "@import"}) {
    EXPECT_EQ(html.find(bad), std::string::npos) << bad;
  }
  EXPECT_FALSE(
      std::regex_search(rest, std::regex("[MLHVhv =\"]-?(nan|inf)[ \"LHVhv]")));
}

std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

TEST(Html, IsSoundAndHasFourKindsOfPlots) {
  const std::string html = RecordAsHtml(MadeUpRun(1, 20'000, 2, 60, true));
  ExpectSound(html);
  EXPECT_EQ(CountOf(html, "<svg"), 1u + 2 + 2 + 1);
  EXPECT_THAT(html, HasSubstr("Percentile spectrum"));
  EXPECT_THAT(html, HasSubstr("Latency per core: allocate"));
  EXPECT_THAT(html, HasSubstr("Latency over time: free"));
  EXPECT_THAT(html, HasSubstr("Pool occupancy"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("@media print"));
}

TEST(Html, IsSoundWhateverThereIsToShow) {
  ExpectSound(RecordAsHtml({}));
  ExpectSound(RecordAsHtml(MadeUpRun(1, 0, 2, 0)));
  ExpectSound(RecordAsHtml(MadeUpRun(1, 1, 1, 1)));
  ExpectSound(RecordAsHtml(MadeUpRun(1, 2000, 70, 1)));
  RunRecord run = MadeUpRun(3, 100, 1, 1);
  run.scenarios[0].name = "</svg><script>\"&'\x01\xff";
  run.scenarios[0].leaks = {"<b>"};
  run.scenarios[0].checks[0].violations = 1;
  run.scenarios[1].skipped = "<why>";
  run.scenarios[2].latencies[0].per_core.clear();
  run.scenarios[2].latencies[0].service.Record(0);
  run.scenarios[2].latencies[0].service.Record(LatencyHistogram::kLargest);
  run.scenarios[2].latencies[0].heat.Record(0, 0);
  run.scenarios[2].latencies[0].heat.Record(50'000'000'000'000, 1'000'000'000'000);
  run.scenarios[2].pools.push_back(run.scenarios[2].pools[0]);
  run.scenarios[2].pools[0].stats.capacity = 0;
  run.gates.push_back({Check::Kind::kGate, "p99 < 3", 1, "<5>"});
  run.warnings = {"<odd>"};
  ExpectSound(RecordAsHtml(run));
}

TEST(Html, TellsThePercentilesThatJsonTells) {
  const RunRecord run = MadeUpRun(2, 30'000, 2, 1, true);
  const std::string html = RecordAsHtml(run);
  const auto json = nlohmann::json::parse(RecordAsJson(run));
  for (const auto& scenario : json["scenarios"]) {
    for (const auto& latency : scenario["latencies"]) {
      for (const char* const clock : {"service", "response"}) {
        std::string cells;
        for (const char* const key : {"p50", "p90", "p99", "p999", "p9999", "max"}) {
          cells += "<td class=\"n\">" + latency[clock][key].dump() + "</td>";
        }
        EXPECT_THAT(html, HasSubstr(cells + "</tr>"));
      }
    }
  }
}

TEST(Html, OfAllScenariosHasLessThanTwoMegabytes) {
  EXPECT_LT(RecordAsHtml(MadeUpRun(13, 60'000, 12, 5, true)).size(), 2'000'000u);
}

}  // namespace
}  // namespace corepool::stress
