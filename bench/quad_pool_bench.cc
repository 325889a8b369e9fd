// QuadPool beside the same tree under a lock, and beside two mallocs: see
// docs/benchmarks.md.
//
//   ./bazelw run -c opt //bench:quad_pool_bench

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "bench/quad/contest.h"
#include "bench/quad/contestant.h"
#include "bench/quad/mix.h"
#include "stress/cpu_set.h"

ABSL_FLAG(int, rounds, 15, "how often each contestant has a slice of everything");
ABSL_FLAG(int, slice_ms, 20, "milliseconds of a slice; its warm-up takes as many");
ABSL_FLAG(std::vector<std::string>, mixes, {}, "some mixes only");
ABSL_FLAG(std::vector<std::string>, contestants, {}, "some contestants only");
ABSL_FLAG(std::vector<std::string>, threads, std::vector<std::string>({"1", "2", "8"}),
          "numbers of threads");
ABSL_FLAG(std::uint64_t, seed, 0, "of the order of slices; 0 draws one");

namespace corepool::bench {
namespace {

int Complain(const char* what, const std::string& name) {
  absl::FPrintF(stderr, "quad_pool_bench: no %s is called '%s'\n", what, name);
  return 1;
}

// Those of `names`, or all if there are none. What nobody knows is left in `unknown`.
template <class All, class Item>
std::vector<const Item*> ChooseByName(const All& all,
                                      const std::vector<std::string>& names,
                                      std::string& unknown) {
  std::vector<const Item*> chosen;
  for (const Item& item : all) {
    if (names.empty()) chosen.push_back(&item);
  }
  for (const std::string& name : names) {
    const auto found =
        std::find_if(std::begin(all), std::end(all),
                     [&](const Item& item) { return item.name == name; });
    if (found == std::end(all)) {
      unknown = name;
    } else {
      chosen.push_back(&*found);
    }
  }
  return chosen;
}

int Main() {
  std::string unknown;
  ContestPlan plan;
  plan.mixes =
      ChooseByName<decltype(kMixes), Mix>(kMixes, absl::GetFlag(FLAGS_mixes), unknown);
  if (!unknown.empty()) return Complain("mix", unknown);
  // Static objects of several files come in any order.
  std::sort(QuadEntries().begin(), QuadEntries().end(),
            [](const QuadEntry& a, const QuadEntry& b) { return a.name < b.name; });
  plan.contestants = ChooseByName<decltype(QuadEntries()), QuadEntry>(
      QuadEntries(), absl::GetFlag(FLAGS_contestants), unknown);
  if (!unknown.empty()) return Complain("contestant", unknown);
  for (const std::string& word : absl::GetFlag(FLAGS_threads)) {
    int threads = 0;
    if (!absl::SimpleAtoi(word, &threads) || threads < 1 || threads > 64) {
      return Complain("number of threads, 1 to 64,", word);
    }
    plan.threads.push_back(static_cast<std::size_t>(threads));
  }
  plan.rounds = std::max(absl::GetFlag(FLAGS_rounds), 1);
  plan.slice = std::chrono::milliseconds(std::max(absl::GetFlag(FLAGS_slice_ms), 1));
  plan.seed = absl::GetFlag(FLAGS_seed);
  if (plan.seed == 0) plan.seed = std::random_device()();
  plan.cpus = stress::UsableCpus();
  if (plan.cpus.empty()) plan.cpus = {-1};
  if (plan.cpus.size() > 2) plan.cpus.resize(2);
  absl::PrintF("--seed=%d --rounds=%d, nanoseconds of one core; CPUs: %d\n", plan.seed,
               plan.rounds, plan.cpus.size());
  Contest contest(std::move(plan));
  contest.Run();
  contest.Print();
  return 0;
}

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return corepool::bench::Main();
}
