#include "stress/host.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "stress/output/units.h"
#include "stress/timer.h"

namespace corepool::stress {
namespace {

namespace fs = std::filesystem;

TEST(Host, IsReadFromItsFiles) {
  const fs::path root = fs::path(::testing::TempDir()) / "host";
  fs::remove_all(root);
  const auto put = [&root](const std::string& path, const std::string& text) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  put("proc/cpuinfo",
      "processor\t: 0\nmodel name\t: A CPU: the best\nflags\t\t: fpu hypervisor\n");
  put("sys/devices/system/cpu/online", "0-3,8\n");
  put("sys/devices/system/cpu/smt/active", "1\n");
  put("sys/devices/system/cpu/isolated", "2-3\n");
  put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  put("sys/fs/cgroup/cpu.max", "150000 100000\n");
  put("sys/kernel/realtime", "1\n");
  put("etc/os-release", "NAME=x\nPRETTY_NAME=\"An OS\"\n");
  const Settings host = DescribeHost(root.string());
  EXPECT_EQ(SettingOf(host, "cpu"), "A CPU: the best");
  EXPECT_EQ(SettingOf(host, "cores_online"), "5");
  EXPECT_EQ(SettingOf(host, "smt"), "true");
  EXPECT_EQ(SettingOf(host, "isolated"), "2-3");
  EXPECT_EQ(SettingOf(host, "cpu_quota"), "1.50");
  EXPECT_EQ(SettingOf(host, "hypervisor"), "true");
  EXPECT_EQ(SettingOf(host, "preempt_rt"), "true");
  EXPECT_EQ(SettingOf(host, "os"), "An OS");
}

TEST(Host, ThatTellsNothingIsUnknown) {
  const Settings host = DescribeHost("/nowhere");
  EXPECT_EQ(SettingOf(host, "cpu"), "unknown");
  EXPECT_EQ(SettingOf(host, "cores_online"), "0");
  EXPECT_EQ(SettingOf(host, "smt"), "unknown");
  EXPECT_EQ(SettingOf(host, "governor"), "none");
  EXPECT_EQ(SettingOf(host, "isolated"), "none");
  EXPECT_EQ(SettingOf(host, "cpu_quota"), "none");
  EXPECT_EQ(SettingOf(host, "hypervisor"), "false");
  EXPECT_NE(SettingOf(host, "kernel"), "");
}

TEST(Timer, TakesATimeAndMovesOn) {
  const TimerFacts timer = MeasureTimer();
  EXPECT_GE(timer.overhead_ns, 0);
  EXPECT_GE(timer.resolution_ns, 1);
}

}  // namespace
}  // namespace corepool::stress
