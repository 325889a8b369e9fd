// Runs the benchmark for a moment, as a user would. What it measures is no business of
// a test's; that it measures, and says so in the form that others read, is.

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/program.h"

namespace corepool::bench {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr char kDriver[] = "bench/peers/driver";

using Outcome = testing::ShellOutcome;
using testing::TempPath;
using testing::TextOf;

Outcome RunProgram(const std::string& program, const std::string& arguments) {
  return testing::RunShell(program + " " + arguments);
}

// A folder with the driver and no worker, for workers of the test's own.
std::string LonelyDriver(const std::string& folder) {
  std::filesystem::create_directories(TempPath(folder));
  const std::string copy = TempPath(folder) + "/driver";
  std::filesystem::copy_file(std::filesystem::canonical(kDriver), copy,
                             std::filesystem::copy_options::overwrite_existing);
  return copy;
}

TEST(Peers, MeasuresEveryWorkload) {
  const std::string json_path = TempPath("peers.json");
  const std::string charts = TempPath("charts");
  const std::string table = TempPath("peers.md");
  const Outcome outcome =
      RunProgram(kDriver,
                 "--peers=corepool,corepool_off,corepool_static,corepool_index,glibc,"
                 "tls_magazine,list,mutex,fastforward,vyukov "
                 "--rounds=2 --slice_ms=1 --seed=9 --json=" +
                     json_path + " --svg_dir=" + charts + " --markdown=" + table);
  ASSERT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, StartsWith("seed 9, 2 rounds of 1 ms"));
  EXPECT_THAT(outcome.out, ContainsRegex("\ncorepool .* 1\\.00\n"));

  const nlohmann::json json = nlohmann::json::parse(TextOf(json_path), nullptr, false);
  ASSERT_TRUE(json.is_object());
  for (const char* const form : {"p25_ns", "medians_ns"}) {
    for (const char* const key : {"W1", "W2_64", "W2_1000", "W3", "W3_64", "W4", "W6",
                                  "W7_alloc_p999", "W7_free_p999", "W8"}) {
      for (const char* const peer :
           {"corepool", "corepool_off", "corepool_static", "glibc", "tls_magazine"}) {
        ASSERT_TRUE(json[form][key][peer].is_number()) << form << key << peer;
        EXPECT_GT(json[form][key][peer].get<double>(), 0) << form << key << peer;
      }
    }
    for (const char* const key : {"MPMC_1p1c", "MPMC_2p2c", "MPMC_4p4c_enqueue_p9999",
                                  "MPMC_4p4c_dequeue_p50"}) {
      for (const char* const peer : {"corepool", "corepool_index", "vyukov"}) {
        ASSERT_TRUE(json[form][key][peer].is_number()) << form << key << peer;
      }
      EXPECT_FALSE(json[form][key].contains("fastforward")) << key;
    }
    EXPECT_TRUE(json[form]["SPSC"]["corepool"].is_number());
    EXPECT_TRUE(json[form]["SPSC"]["fastforward"].is_number());
    EXPECT_TRUE(json[form]["W5"]["list"].is_number());
    EXPECT_TRUE(json[form]["W5_shared"]["glibc"].is_number());
    EXPECT_FALSE(json[form]["W3"].contains("list")) << "it is for one thread only";
  }
  EXPECT_EQ(json["failed"], nlohmann::json::object());
  EXPECT_THAT(TextOf(charts + "/W1.svg"), HasSubstr(">tls_magazine<"));
  EXPECT_THAT(TextOf(table), HasSubstr("\n| tls_magazine | "));
}

TEST(Peers, SkipsByNameWhatIsNotInstalled) {
  const Outcome outcome =
      RunProgram(LonelyDriver("lonely"), "--peers=mimalloc --rounds=1 --slice_ms=1");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out,
              HasSubstr("skipped mimalloc: libmimalloc-dev is not installed"));
  EXPECT_THAT(outcome.out, HasSubstr("peers: nothing was measured"));
}

TEST(Peers, SkipsByNameWhatRefuses) {
  const std::string driver = LonelyDriver("refusing");
  std::ofstream(TempPath("refusing/builtin_worker"))
      << "#!/bin/sh\necho refused not today\n";
  std::filesystem::permissions(TempPath("refusing/builtin_worker"),
                               std::filesystem::perms::owner_all);
  const Outcome outcome = RunProgram(driver, "--peers=glibc --rounds=2 --slice_ms=1");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("skipped glibc: not today"));
}

TEST(Peers, TellsOfAPeerThatDies) {
  const std::string driver = LonelyDriver("dying");
  std::ofstream(TempPath("dying/builtin_worker"))
      << "#!/bin/sh\necho ready\nread line\nkill -SEGV $$\n";
  std::filesystem::permissions(TempPath("dying/builtin_worker"),
                               std::filesystem::perms::owner_all);
  const Outcome outcome =
      RunProgram(driver, "--peers=glibc --workloads=W4 --rounds=2 --slice_ms=1");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("glibc W4: died: Segmentation fault"));
}

TEST(Peers, ComplainsInOneLine) {
  for (const char* const bad :
       {"--peers=mallocator", "--workloads=W9", "--rounds=0", "--slice_ms=0",
        "--slice_ms=1001", "--json=/nowhere/at/all.json", "--svg_dir=/proc/charts",
        "--markdown=/nowhere.d/x.md", "W1"}) {
    const Outcome outcome = RunProgram(kDriver, bad);
    EXPECT_EQ(outcome.code, 1) << bad;
    EXPECT_THAT(outcome.out, MatchesRegex("peers: [^\n]*\n")) << bad;
  }
  EXPECT_EQ(RunProgram(kDriver, "--no_such_flag").code, 1);
}

TEST(Peers, ExplainsItself) {
  const Outcome help = RunProgram(kDriver, "--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("exit codes:"));
  const Outcome list = RunProgram(kDriver, "--list");
  EXPECT_EQ(list.code, 0);
  for (const char* const name :
       {"W5_shared", "corepool_static", "dpdk_lf_stack_nocache"}) {
    EXPECT_THAT(list.out, HasSubstr(name));
  }
}

}  // namespace
}  // namespace corepool::bench
