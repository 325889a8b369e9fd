#include "stress/output/hgrm.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/latency_histogram.h"
#include "stress/output/spectrum.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using ::testing::StartsWith;

// The latencies of kPublished, from a generator that is the same in any language.
LatencyHistogram Published() {
  LatencyHistogram latencies;
  std::uint64_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::int64_t value = static_cast<std::int64_t>((state >> 33) & 1023) + 20;
    if (i % 97 == 0) value *= 37;
    if (i % 1009 == 0) value *= 40000;
    latencies.Record(value);
  }
  // The end of its bucket: HdrHistogram prints those, not the largest value.
  latencies.Record(1483735039);
  return latencies;
}

// What HdrHistogram 2.1.11 prints: new Histogram(1, (1L << 42) - 1, 3),
// outputPercentileDistribution(System.out, 5, 1.0).
constexpr char kPublished[] =
    R"(       Value     Percentile TotalCount 1/(1-Percentile)

      20.000 0.000000000000          7           1.00
     125.000 0.100000000000        503           1.11
     233.000 0.200000000000       1002           1.25
     336.000 0.300000000000       1504           1.43
     427.000 0.400000000000       2001           1.67
     534.000 0.500000000000       2504           2.00
     584.000 0.550000000000       2754           2.22
     636.000 0.600000000000       3006           2.50
     692.000 0.650000000000       3252           2.86
     744.000 0.700000000000       3501           3.33
     798.000 0.750000000000       3752           4.00
     823.000 0.775000000000       3881           4.44
     850.000 0.800000000000       4001           5.00
     876.000 0.825000000000       4127           5.71
     903.000 0.850000000000       4253           6.67
     929.000 0.875000000000       4376           8.00
     941.000 0.887500000000       4440           8.89
     955.000 0.900000000000       4501          10.00
     966.000 0.912500000000       4564          11.43
     980.000 0.925000000000       4627          13.33
     991.000 0.937500000000       4694          16.00
     997.000 0.943750000000       4723          17.78
    1004.000 0.950000000000       4757          20.00
    1009.000 0.956250000000       4784          22.86
    1018.000 0.962500000000       4816          26.67
    1025.000 0.968750000000       4847          32.00
    1028.000 0.971875000000       4865          35.56
    1030.000 0.975000000000       4878          40.00
    1033.000 0.978125000000       4892          45.71
    1037.000 0.981250000000       4913          53.33
    1039.000 0.984375000000       4925          64.00
    1041.000 0.985937500000       4935          71.11
    1042.000 0.987500000000       4939          80.00
   10215.000 0.989062500000       4947          91.43
   14839.000 0.990625000000       4955         106.67
   19647.000 0.992187500000       4962         128.00
   21839.000 0.992968750000       4966         142.22
   24463.000 0.993750000000       4970         160.00
   25311.000 0.994531250000       4974         182.86
   27903.000 0.995312500000       4978         213.33
   28831.000 0.996093750000       4982         256.00
   29535.000 0.996484375000       4984         284.44
   30799.000 0.996875000000       4986         320.00
   33823.000 0.997265625000       4988         365.71
   35007.000 0.997656250000       4990         426.67
   36031.000 0.998046875000       4992         512.00
   36223.000 0.998242187500       4993         568.89
   36639.000 0.998437500000       4994         640.00
   36863.000 0.998632812500       4995         731.43
 3401727.000 0.998828125000       4996         853.33
24444927.000 0.999023437500       4997        1024.00
24444927.000 0.999121093750       4997        1137.78
34668543.000 0.999218750000       4998        1280.00
34668543.000 0.999316406250       4998        1462.86
38830079.000 0.999414062500       4999        1706.67
38830079.000 0.999511718750       4999        2048.00
38830079.000 0.999560546875       4999        2275.56
1483735039.000 0.999609375000       5001        2560.00
1483735039.000 1.000000000000       5001
#[Mean    =   614186.792, StdDeviation   = 29666067.205]
#[Max     = 1483735039.000, Total count    =         5001]
#[Buckets =           32, SubBuckets     =         2048]
)";

TEST(Hgrm, IsWhatHdrHistogramPrints) {
  EXPECT_EQ(HistogramAsHgrm(Published()), kPublished);
}

TEST(Hgrm, OfNothingIsWhatHdrHistogramPrints) {
  EXPECT_EQ(HistogramAsHgrm({}),
            R"(       Value     Percentile TotalCount 1/(1-Percentile)

#[Mean    =        0.000, StdDeviation   =        0.000]
#[Max     =        0.000, Total count    =            0]
#[Buckets =           32, SubBuckets     =         2048]
)");
}

TEST(Hgrm, OfOneValueHasTwoRowsAndNeverMoreThanTheValue) {
  LatencyHistogram latencies;
  latencies.Record(1234567);
  EXPECT_THAT(HistogramAsHgrm(latencies),
              StartsWith(R"(       Value     Percentile TotalCount 1/(1-Percentile)

 1234567.000 0.000000000000          1           1.00
 1234567.000 1.000000000000          1
#[Mean    =  1234432.000, StdDeviation   =        0.000]
#[Max     =  1234567.000,)"));
}

TEST(Hgrm, HasAllTogetherFirstThenEachOperation) {
  RunRecord run = MadeUpRun(2, 100, 1, 1, true);
  run.scenarios[1].name = "aba_storm";
  run.scenarios[1].latencies[0].operation = "../up";
  std::vector<std::string> names;
  for (const Hgrm& hgrm : RecordAsHgrm(run)) names.push_back(hgrm.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "", "aba_storm.allocate", "aba_storm.allocate.response",
                       "aba_storm.free", "aba_storm.free.response", "aba_storm#2.___up",
                       "aba_storm#2.___up.response", "aba_storm#2.free",
                       "aba_storm#2.free.response"}));
}

TEST(Spectrum, EndsWithTheLargestValueAt100PerCent) {
  LatencyHistogram latencies;
  for (int i = 1; i <= 100'000; ++i) latencies.Record(i);
  const std::vector<SpectrumStep> steps = SpectrumOf(latencies);
  EXPECT_EQ(steps.back().value, 100'000);
  EXPECT_EQ(steps.back().percentile, 100);
  EXPECT_EQ(steps.back().count, 100'000u);
  for (const SpectrumStep& step : steps) {
    EXPECT_EQ(step.value, latencies.Percentile(step.percentile)) << step.percentile;
  }
}

}  // namespace
}  // namespace corepool::stress
