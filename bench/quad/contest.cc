#include "bench/quad/contest.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/peers/statistics.h"
#include "bench/peers/tail.h"
#include "bench/quad/contestant.h"
#include "bench/quad/mix.h"

namespace corepool::bench {
namespace {

// Of those that nobody disturbed, as long as they are a third; else of all.
Summary Settle(const Slices& slices) {
  if (2 * slices.quiet.size() >= slices.disturbed.size()) {
    return Summarize(slices.quiet);
  }
  std::vector<double> all = slices.quiet;
  all.insert(all.end(), slices.disturbed.begin(), slices.disturbed.end());
  return Summarize(std::move(all));
}

// Where threads compete, and others for the CPUs, the slow half tells about those.
double Time(const ContestCell& cell) { return Settle(cell.nanoseconds).p25; }
double Tail(const ContestCell& cell) { return Settle(cell.p9999).median; }

}  // namespace

void Contest::Run() {
  for (const Mix* const mix : plan_.mixes) {
    for (const QuadEntry* const entry : plan_.contestants) {
      made_[{mix, entry}] = entry->make(*mix);
    }
  }
  std::mt19937_64 random(plan_.seed);
  for (int round = 0; round < plan_.rounds; ++round) {
    std::vector<std::function<void()>> slices;
    for (const Mix* const mix : plan_.mixes) {
      for (const std::size_t threads : plan_.threads) {
        for (const QuadEntry* const entry : plan_.contestants) {
          for (const bool timed : {false, true}) {
            slices.push_back([=, this] { RunSlice(*mix, threads, timed, *entry); });
          }
        }
      }
    }
    std::shuffle(slices.begin(), slices.end(), random);
    for (const auto& slice : slices) slice();
  }
}

void Contest::RunSlice(const Mix& mix, std::size_t threads, bool timed,
                       const QuadEntry& entry) {
  const QuadSlice slice =
      made_[{&mix, &entry}]->Run(threads, timed, plan_.slice, plan_.cpus);
  ContestCell& cell = cells_[{&mix, threads}][&entry];
  if (timed) {
    cell.p9999.Add(
        static_cast<double>(slice.single.Percentile(99.99)) * NanosecondsPerTick(),
        slice.work.disturbed);
    cell.single.Merge(slice.single);
    return;
  }
  const auto cores = static_cast<double>(std::min(threads, plan_.cpus.size()));
  cell.nanoseconds.Add(slice.work.NanosecondsPerPair() * cores, slice.work.disturbed);
  cell.requests += slice.requests;
  cell.failures += slice.failures;
}

void Contest::PrintTable(const Key& key) const {
  const auto& [mix, threads] = key;
  absl::PrintF("\n%s, threads: %d (%s)\n", mix->name, threads, mix->title);
  absl::PrintF("%-16s %8s %8s %8s %6s %7s | %6s %6s %8s %9s %9s\n", "contestant", "p25",
               "min", "median", "quiet", "fail %", "p50", "p99", "p99.9", "p99.99",
               "max");
  for (const QuadEntry* const entry : plan_.contestants) {
    const ContestCell& cell = cells_.at(key).at(entry);
    const Summary ns = Settle(cell.nanoseconds);
    absl::PrintF("%-16s %8.1f %8.1f %8.1f %6d %7.3f |", entry->name, ns.p25, ns.min,
                 ns.median, cell.nanoseconds.quiet.size(),
                 100.0 * static_cast<double>(cell.failures) /
                     static_cast<double>(cell.requests));
    const auto single = [&](double percentile) {
      return static_cast<double>(cell.single.Percentile(percentile)) *
             NanosecondsPerTick();
    };
    absl::PrintF(" %6.0f %6.0f %8.0f %9.0f %9.0f\n", single(50), single(99),
                 single(99.9), Tail(cell), single(100));
  }
}

void Contest::Print() const {
  for (const Mix* const mix : plan_.mixes) {
    for (const std::size_t threads : plan_.threads) PrintTable({mix, threads});
  }
  const auto first =
      std::find_if(plan_.contestants.begin(), plan_.contestants.end(),
                   [](const QuadEntry* entry) { return entry->name == "quad_pool"; });
  if (first == plan_.contestants.end()) return;
  absl::PrintF(
      "\nratios to quad_pool, above 1: it is better\n%-14s %8s %-16s %8s %8s\n", "mix",
      "threads", "contestant", "time", "p99.99");
  for (const Mix* const mix : plan_.mixes) {
    for (const std::size_t threads : plan_.threads) {
      const auto& cells = cells_.at({mix, threads});
      const ContestCell& own = cells.at(*first);
      for (const QuadEntry* const entry : plan_.contestants) {
        if (entry == *first) continue;
        const ContestCell& other = cells.at(entry);
        absl::PrintF("%-14s %8d %-16s %8.2f %8.2f\n", mix->name, threads, entry->name,
                     Time(other) / Time(own), Tail(other) / Tail(own));
      }
    }
  }
}

}  // namespace corepool::bench
