#include "stress/host.h"

#include <sys/utsname.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "corepool/config.h"
#include "stress/cpu_set.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

// A file of /proc or /sys, without what ends its line; "" if there is none.
std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::string stripped = text.str();
  absl::StripAsciiWhitespace(&stripped);
  return stripped;
}

// The first value of /proc/cpuinfo with one of these names.
std::string CpuInfo(const std::string& text, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const auto line : absl::StrSplit(text, '\n')) {
      const std::vector<std::string> parts =
          absl::StrSplit(line, absl::MaxSplits(':', 1));
      if (parts.size() == 2 && absl::StripAsciiWhitespace(parts[0]) == name) {
        return std::string(absl::StripAsciiWhitespace(parts[1]));
      }
    }
  }
  return "";
}

// How many CPUs "0-3,8" are; 0 for anything else.
int CountOf(const std::string& list) {
  int count = 0;
  for (const auto part : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    int first = 0;
    int last = 0;
    if (!absl::SimpleAtoi(ends.front(), &first) ||
        !absl::SimpleAtoi(ends.back(), &last)) {
      return 0;
    }
    count += last - first + 1;
  }
  return count;
}

// Of all CPUs that may be used: several only if they differ.
std::string Governor(const std::string& root, const std::vector<int>& cpus) {
  std::set<std::string> governors;
  for (const int cpu : cpus) {
    const std::string governor = Read(absl::StrCat(root, "/sys/devices/system/cpu/cpu",
                                                   cpu, "/cpufreq/scaling_governor"));
    if (!governor.empty()) governors.insert(governor);
  }
  return governors.empty() ? "none" : absl::StrJoin(governors, ",");
}

// Cores that a control group grants, in hundredths; none if as many as there are.
std::string Quota(const std::string& root) {
  const std::vector<std::string> now =
      absl::StrSplit(Read(root + "/sys/fs/cgroup/cpu.max"), ' ');
  double quota = -1;
  double period = 0;
  if (now.size() == 2) {
    if (!absl::SimpleAtod(now[0], &quota)) quota = -1;
    if (!absl::SimpleAtod(now[1], &period)) period = 0;
  } else {
    const std::string old = root + "/sys/fs/cgroup/cpu/cpu.cfs_";
    if (!absl::SimpleAtod(Read(old + "quota_us"), &quota)) quota = -1;
    if (!absl::SimpleAtod(Read(old + "period_us"), &period)) period = 0;
  }
  return quota > 0 && period > 0 ? absl::StrFormat("%.2f", quota / period) : "none";
}

const char* TruthText(bool truth) { return truth ? "true" : "false"; }

std::string OperatingSystem(const std::string& root) {
  const std::string release = Read(root + "/etc/os-release");
  for (const auto line : absl::StrSplit(release, '\n')) {
    std::string text(line);
    if (!absl::StartsWith(text, "PRETTY_NAME=")) continue;
    text = text.substr(text.find('=') + 1);
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    return text;
  }
  return "unknown";
}

}  // namespace

Settings DescribeHost(const std::string& root) {
  const std::vector<int> cpus = UsableCpus();
  const std::string info = Read(root + "/proc/cpuinfo");
  std::string cpu = CpuInfo(info, {"model name", "Model", "uarch", "cpu model"});
  if (cpu.empty()) cpu = Read(root + "/sys/firmware/devicetree/base/model");
  while (!cpu.empty() && cpu.back() == '\0') cpu.pop_back();
  const std::string smt = Read(root + "/sys/devices/system/cpu/smt/active");
  const std::string isolated = Read(root + "/sys/devices/system/cpu/isolated");
  const bool hypervisor =
      absl::StrContains(CpuInfo(info, {"flags"}) + " ", "hypervisor ") ||
      !Read(root + "/sys/hypervisor/type").empty();
  utsname kernel = {};
  uname(&kernel);
  const bool preempt_rt = Read(root + "/sys/kernel/realtime") == "1" ||
                          absl::StrContains(kernel.version, "PREEMPT_RT");
  return {
      {"cpu", cpu.empty() ? "unknown" : cpu},
      {"arch", kernel.machine},
      {"cores_usable", absl::StrCat(cpus.size())},
      {"cores_online",
       absl::StrCat(CountOf(Read(root + "/sys/devices/system/cpu/online")))},
      {"cpu_quota", Quota(root)},
      {"smt", smt.empty() ? "unknown" : TruthText(smt == "1")},
      {"governor", Governor(root, cpus)},
      {"isolated", isolated.empty() ? "none" : isolated},
      {"hypervisor", TruthText(hypervisor)},
      {"kernel", absl::StrCat(kernel.sysname, " ", kernel.release)},
      {"preempt_rt", TruthText(preempt_rt)},
      {"os", OperatingSystem(root)},
  };
}

Settings DescribeTool() {
#if defined(__clang__)
  const std::string compiler = absl::StrCat("clang ", __clang_version__);
#else
  const std::string compiler = absl::StrCat("gcc ", __VERSION__);
#endif
#if defined(__OPTIMIZE__) && defined(NDEBUG)
  const char* const build = "optimized";
#else
  const char* const build = "debug";
#endif
#if defined(__SANITIZE_ADDRESS__)
  const char* const sanitizer = "address";
#elif defined(__SANITIZE_THREAD__)
  const char* const sanitizer = "thread";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  const char* const sanitizer = "address";
#elif __has_feature(thread_sanitizer)
  const char* const sanitizer = "thread";
#elif __has_feature(memory_sanitizer)
  const char* const sanitizer = "memory";
#elif __has_feature(undefined_behavior_sanitizer)
  const char* const sanitizer = "undefined";
#else
  const char* const sanitizer = "none";
#endif
#else
  const char* const sanitizer = "none";
#endif
  std::vector<std::string> broken;
  if (COREPOOL_SABOTAGE_TAG_BITS != 0) {
    broken.push_back(absl::StrCat("tag_bits=", COREPOOL_SABOTAGE_TAG_BITS));
  }
  return {{"version", COREPOOL_VERSION},
          {"compiler", std::string(absl::StripAsciiWhitespace(compiler))},
          {"build", build},
          {"sanitizer", sanitizer},
          {"sabotage", broken.empty() ? "none" : absl::StrJoin(broken, ",")}};
}

}  // namespace corepool::stress
