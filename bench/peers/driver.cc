// Measures corepool beside other allocators: see docs/benchmarks.md.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/peers/peer_table.h"
#include "bench/peers/report.h"
#include "bench/peers/svg_chart.h"
#include "bench/peers/tournament.h"
#include "bench/peers/workload.h"
#include "nlohmann/json.hpp"
#include "stress/cpu_set.h"
#include "stress/user_path.h"

ABSL_FLAG(int, rounds, 31, "how often each peer has a slice of each workload");
ABSL_FLAG(int, slice_ms, 10, "milliseconds of a slice; its warm-up takes as many");
ABSL_FLAG(std::vector<std::string>, workloads, {}, "some workloads only");
ABSL_FLAG(std::vector<std::string>, peers, {}, "some peers only");
ABSL_FLAG(std::string, json, "", "file for the results, for programs");
ABSL_FLAG(std::string, markdown, "", "file for the results, as one table");
ABSL_FLAG(std::string, svg_dir, "", "folder for one chart for each workload");
ABSL_FLAG(std::uint64_t, seed, 0, "of the order of peers; 0 draws one");
ABSL_FLAG(bool, list, false, "name workloads and peers, and end");

namespace corepool::bench {
namespace {

constexpr std::string_view kHelp =
    R"(peers: measures corepool beside other allocators, in short slices that take turns.

usage: ./bazelw run -c opt //bench:peers -- [flags]

  --workloads=W1,W4  some workloads only (default: all)
  --peers=A,B        some peers only (default: all that are installed)
  --rounds=31        how often each peer has a slice of each workload
  --slice_ms=10      milliseconds of a slice; its warm-up takes as many
  --seed=N           of the order of peers; drawn and printed by default
  --json=FILE        25th percentiles and medians, for programs
  --markdown=FILE    25th percentiles, as one table
  --svg_dir=FOLDER   a chart for each workload
  --list             name workloads and peers, and end

exit codes: 0 measured; 1 usage, or a file that cannot be written; 2 a peer died
)";

enum ExitCode : int { kMeasured = 0, kUsage = 1, kPeerDied = 2 };

ExitCode Complain(const std::string& message) {
  absl::FPrintF(stderr, "peers: %s\n", message);
  return kUsage;
}

// Those of `names`, or all if there are none; an error for one that nobody knows.
template <class Info, class All, class Find>
absl::StatusOr<std::vector<const Info*>> Choose(const char* flag,
                                                const std::vector<std::string>& names,
                                                const All& all, Find find) {
  std::vector<const Info*> chosen;
  if (names.empty()) {
    for (const Info& each : all) chosen.push_back(&each);
  }
  for (const std::string& name : names) {
    const Info* const found = find(name);
    if (found == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, ": there is no '", name, "'; see --list"));
    }
    if (std::find(chosen.begin(), chosen.end(), found) == chosen.end()) {
      chosen.push_back(found);
    }
  }
  return chosen;
}

absl::StatusOr<Plan> PlanFromFlags() {
  Plan plan;
  auto workloads = Choose<WorkloadInfo>("workloads", absl::GetFlag(FLAGS_workloads),
                                        AllWorkloads(), FindWorkload);
  if (!workloads.ok()) return workloads.status();
  plan.workloads = *workloads;
  auto peers =
      Choose<PeerInfo>("peers", absl::GetFlag(FLAGS_peers), AllPeers(), FindPeer);
  if (!peers.ok()) return peers.status();
  plan.peers = *peers;
  plan.rounds = absl::GetFlag(FLAGS_rounds);
  plan.slice = std::chrono::milliseconds(absl::GetFlag(FLAGS_slice_ms));
  if (plan.rounds < 1) return absl::InvalidArgumentError("--rounds must be at least 1");
  if (plan.slice.count() < 1 || plan.slice.count() > 1000) {
    return absl::InvalidArgumentError("--slice_ms must be from 1 to 1000");
  }
  plan.seed = absl::GetFlag(FLAGS_seed);
  if (plan.seed == 0) plan.seed = std::random_device()();
  plan.cpus = stress::UsableCpus();
  plan.cpus.resize(std::min<std::size_t>(plan.cpus.size(), 2));
  if (plan.cpus.empty()) plan.cpus = {-1};  // no pinning
  plan.worker_folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  return plan;
}

// Tried before minutes are spent on what nobody can read.
absl::Status TryFiles() {
  for (const std::string& name :
       {absl::GetFlag(FLAGS_json), absl::GetFlag(FLAGS_markdown)}) {
    if (name.empty()) continue;
    if (!std::ofstream(stress::UserPath(name), std::ios::app)) {
      return absl::InvalidArgumentError(absl::StrCat("cannot write ", name));
    }
  }
  const std::string folder = absl::GetFlag(FLAGS_svg_dir);
  if (folder.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(stress::UserPath(folder), error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot create ", folder, ": ", error.message()));
  }
  return absl::OkStatus();
}

// False if it could not be written.
bool WriteFile(const std::string& name, const std::string& text) {
  std::ofstream file(name, std::ios::trunc);
  file << text << std::flush;
  if (!file) Complain(absl::StrCat("cannot write ", name));
  return file.good();
}

bool WriteFiles(const Plan& plan, const Results& results) {
  bool written = true;
  if (const std::string name = absl::GetFlag(FLAGS_json); !name.empty()) {
    written &=
        WriteFile(stress::UserPath(name), JsonReport(plan, results).dump(1) + "\n");
  }
  if (const std::string name = absl::GetFlag(FLAGS_markdown); !name.empty()) {
    written &= WriteFile(stress::UserPath(name), MarkdownReport(plan, results));
  }
  const std::string folder = absl::GetFlag(FLAGS_svg_dir);
  if (folder.empty()) return written;
  for (const std::string& key : MeasuredKeys(results)) {
    std::vector<Bar> bars;
    for (const Row& row : Ranking(results, key)) {
      bars.push_back({.label = row.peer,
                      .value = row.summary.p25,
                      .highlighted = row.peer.starts_with(kReference),
                      .text = FormatNanoseconds(row.summary.p25)});
    }
    written &= WriteFile(absl::StrCat(stress::UserPath(folder), "/", key, ".svg"),
                         SvgChart(absl::StrCat(key, ": ", TitleOf(key)), bars));
  }
  return written;
}

void List(const Plan& plan) {
  for (const WorkloadInfo& workload : AllWorkloads()) {
    absl::PrintF("%-24s%s\n", workload.name, workload.title);
  }
  absl::PrintF("\n");
  for (const PeerInfo& peer : AllPeers()) {
    const bool built =
        std::filesystem::exists(absl::StrCat(plan.worker_folder, "/", peer.worker));
    const std::string need = built ? "" : absl::StrCat(", needs ", peer.package);
    absl::PrintF("%s%s\n", peer.name, need);
  }
}

int Run(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      absl::PrintF("%s", std::string(kHelp));
      return kMeasured;
    }
  }
  // Ends the program with 1 and a line for an unknown flag or a bad value.
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1)
    return Complain(absl::StrCat("what is '", rest[1], "'? see --help"));
  const absl::StatusOr<Plan> plan = PlanFromFlags();
  if (!plan.ok()) return Complain(std::string(plan.status().message()));
  if (absl::GetFlag(FLAGS_list)) {
    List(*plan);
    return kMeasured;
  }
  if (const absl::Status status = TryFiles(); !status.ok()) {
    return Complain(std::string(status.message()));
  }
  absl::PrintF("seed %d, %d rounds of %d ms, on CPUs %s\n", plan->seed, plan->rounds,
               plan->slice.count(), absl::StrJoin(plan->cpus, " and "));
  std::fflush(stdout);
  const Results results = Play(*plan, [&](int round) {
    if (isatty(STDERR_FILENO) == 0) return;
    absl::FPrintF(stderr, "\rround %d of %d%s", round, plan->rounds,
                  round == plan->rounds ? "\n" : "");
  });
  for (const auto& [peer, reason] : results.skipped) {
    absl::PrintF("skipped %s: %s\n", peer, reason);
  }
  absl::PrintF("%d of %d slices were disturbed by other programs\n", results.disturbed,
               results.slices);
  absl::PrintF("%s", TextReport(results));
  for (const auto& [peer, reason] : results.failed) {
    absl::FPrintF(stderr, "peers: %s %s\n", peer, reason);
  }
  if (!WriteFiles(*plan, results)) return kUsage;
  if (!results.failed.empty()) return kPeerDied;
  if (results.samples.empty()) return Complain("nothing was measured");
  return kMeasured;
}

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) { return corepool::bench::Run(argc, argv); }
