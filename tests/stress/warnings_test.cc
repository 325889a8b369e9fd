#include "stress/warnings.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RunRecord Trusted() {
  RunRecord run;
  run.host = {{"cores_usable", "4"},
              {"cpu_quota", "none"},
              {"smt", "false"},
              {"governor", "none"},
              {"hypervisor", "false"}};
  run.tool = {{"build", "optimized"}, {"sanitizer", "none"}, {"sabotage", "none"}};
  run.config = {{"rt_prio", "80"}, {"pin", "spread"}};
  run.timer_overhead_ns = 20;
  run.timer_resolution_ns = 1;
  run.scenarios.emplace_back().config = {{"threads", "4"}};
  run.scenarios.emplace_back().config = {{"producers", "2"}, {"consumers", "2"}};
  return run;
}

void Set(Settings& settings, const std::string& name, const std::string& value) {
  for (auto& [key, old] : settings) {
    if (key == name) old = value;
  }
}

TEST(Doubts, HasNoneAboutAQuietMachine) { EXPECT_THAT(Doubts(Trusted()), IsEmpty()); }

TEST(Doubts, NamesEachReason) {
  const auto doubt = [](Settings RunRecord::* settings, const char* name,
                        const char* value, const char* words) {
    RunRecord run = Trusted();
    Set(run.*settings, name, value);
    EXPECT_THAT(Doubts(run), ElementsAre(HasSubstr(words))) << name;
  };
  doubt(&RunRecord::host, "cores_usable", "3", "4 threads for 3 cores (2 scenarios)");
  doubt(&RunRecord::host, "cpu_quota", "1.50", "grants 1.50 cores");
  doubt(&RunRecord::host, "smt", "true", "SMT");
  doubt(&RunRecord::host, "governor", "powersave", "governor powersave");
  doubt(&RunRecord::host, "hypervisor", "true", "virtual machine");
  doubt(&RunRecord::tool, "build", "debug", "debug build");
  doubt(&RunRecord::tool, "sanitizer", "thread", "thread sanitizer");
  doubt(&RunRecord::tool, "sabotage", "tag_bits=2", "broken on purpose: tag_bits=2");
  doubt(&RunRecord::config, "rt_prio", "0", "no real-time priority");
  doubt(&RunRecord::config, "pin", "none", "not pinned");
  RunRecord run = Trusted();
  run.timer_resolution_ns = 1'000'000;
  EXPECT_THAT(Doubts(run), ElementsAre(HasSubstr("clock is coarse")));
  run = Trusted();
  run.host.clear();
  EXPECT_THAT(Doubts(run), IsEmpty()) << "what is not known is not held against it";
}

}  // namespace
}  // namespace corepool::stress
