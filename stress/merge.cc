#include "stress/merge.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "corepool/stats.h"
#include "stress/occupancy_track.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kMostLeakLines = 100;

// The one for which `same` is true; a new one if there is none.
template <class Entry, class Same>
Entry& FindOrAdd(std::vector<Entry>& entries, Same same) {
  const auto found = std::find_if(entries.begin(), entries.end(), same);
  return found != entries.end() ? *found : entries.emplace_back();
}

void MergeLatency(const LatencyRecord& turn, std::int64_t later, LatencyRecord& sum) {
  const auto slowest = [](const LatencyRecord& record) {
    return std::max(record.service.max(), record.response.max());
  };
  if (sum.slowest_thread < 0 || slowest(turn) > slowest(sum)) {
    sum.slowest_at_ns = later + turn.slowest_at_ns;
    sum.slowest_thread = turn.slowest_thread;
  }
  sum.operation = turn.operation;
  sum.service.Merge(turn.service);
  sum.response.Merge(turn.response);
  sum.heat.Merge(turn.heat, later);
  for (const LatencyRecord::Core& core : turn.per_core) {
    auto place = std::lower_bound(
        sum.per_core.begin(), sum.per_core.end(), core.cpu,
        [](const LatencyRecord::Core& one, int cpu) { return one.cpu < cpu; });
    if (place == sum.per_core.end() || place->cpu != core.cpu) {
      place = sum.per_core.insert(place, {core.cpu, {}});
    }
    place->service.Merge(core.service);
  }
}

void MergePool(const PoolRecord& turn, std::int64_t later, PoolRecord& sum) {
  const PoolStats before = sum.stats;
  sum.name = turn.name;
  sum.stats = turn.stats;
  sum.stats.peak = std::max(before.peak, turn.stats.peak);
  sum.stats.allocations += before.allocations;
  sum.stats.frees += before.frees;
  sum.stats.failures += before.failures;
  sum.stats.misuses += before.misuses;
  sum.stats.steals += before.steals;
  sum.stats.withheld += before.withheld;
  for (const OccupancyTrack::Span& span : turn.occupancy.spans()) {
    sum.occupancy.Sample(later + span.from_ns, span.least);
    sum.occupancy.Sample(later + span.from_ns, span.most);
  }
}

void MergeCheck(const Check& turn, const std::string& again, Check& sum) {
  if (sum.violations == 0) {
    sum.detail = turn.detail;
    if (turn.violations != 0) absl::StrAppend(&sum.detail, "; again: ", again);
  }
  sum.kind = turn.kind;
  sum.name = turn.name;
  sum.violations += turn.violations;
}

}  // namespace

void MergeTurn(const ScenarioRecord& turn, const std::string& again,
               ScenarioRecord& sum) {
  const bool first = sum.name.empty();
  if (first) {
    sum.name = turn.name;
    sum.summary = turn.summary;
    sum.config = turn.config;
    sum.began_ns = turn.began_ns;
  }
  sum.skipped = turn.skipped;
  // Ran before: it is no news that it is over.
  if (!first && sum.elapsed_ns != 0) sum.skipped.clear();
  const std::int64_t later = sum.elapsed_ns;
  sum.elapsed_ns += turn.elapsed_ns;
  sum.operations += turn.operations;
  sum.failures += turn.failures;
  for (const LatencyRecord& latency : turn.latencies) {
    MergeLatency(latency, later,
                 FindOrAdd(sum.latencies, [&latency](const LatencyRecord& one) {
                   return one.operation == latency.operation;
                 }));
  }
  for (const PoolRecord& pool : turn.pools) {
    MergePool(pool, later, FindOrAdd(sum.pools, [&pool](const PoolRecord& one) {
                return one.name == pool.name;
              }));
  }
  for (const Check& check : turn.checks) {
    MergeCheck(check, again, FindOrAdd(sum.checks, [&check](const Check& one) {
                 return one.name == check.name;
               }));
  }
  for (const std::string& leak : turn.leaks) {
    if (sum.leaks.size() < kMostLeakLines) sum.leaks.push_back(leak);
  }
  // Counts add up; of what has a unit of its own, the most is told.
  for (const Figure& figure : turn.figures) {
    Figure& whole = FindOrAdd(
        sum.figures, [&figure](const Figure& one) { return one.name == figure.name; });
    whole.name = figure.name;
    whole.unit = figure.unit;
    whole.value = figure.unit.empty() ? whole.value + figure.value
                                      : std::max(whole.value, figure.value);
  }
}

}  // namespace corepool::stress
