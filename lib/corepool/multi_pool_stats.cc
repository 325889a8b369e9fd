// MultiPool: what it tells about itself.

#include <cstddef>
#include <span>

#include "corepool/base/align.h"
#include "corepool/base/text.h"
#include "corepool/engine/size_directory.h"
#include "corepool/engine/size_histogram.h"
#include "corepool/engine/stats_sum.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool.h"
#include "corepool/stats.h"

namespace corepool {
namespace {

using engine::SizeBank;
using engine::SizeClass;
using engine::SizeDirectory;

SizeClassStats StatsOf(const SizeDirectory& directory, const SizeClass& size_class) {
  SizeClassStats stats{};
  stats.blocks.exact = true;
  for (const SizeBank& bank : directory.BanksOf(size_class)) {
    engine::AddTo(stats.blocks, bank.pool->Stats());
    ++stats.banks;
  }
  stats.spills_in = size_class.state->spills_in.Get();
  stats.spills_out = size_class.state->spills_out.Get();
  return stats;
}

}  // namespace

SizeClassStats MultiPool::StatsFor(std::size_t size) const {
  const SizeDirectory& directory = Directory();
  if (size - 1 >= directory.largest()) return {};
  return StatsOf(directory, directory.ClassFor(size));
}

std::size_t MultiPool::Stats(std::span<SizeClassStats> classes) const {
  const SizeDirectory& directory = Directory();
  std::size_t count = 0;
  for (const SizeClass& size_class : directory.classes()) {
    if (count == classes.size()) break;
    classes[count++] = StatsOf(directory, size_class);
  }
  return count;
}

bool MultiPool::StatsAt(std::size_t row, PoolRow& info) const {
  const SizeDirectory& directory = Directory();
  if (row >= directory.classes().size()) return false;
  const SizeClass& size_class = directory.classes()[row];
  info.stats = StatsOf(directory, size_class).blocks;
  base::CopyNumber(size_class.block_size, info.label);
  return true;
}

PoolStats MultiPool::Stats() const {
  PoolStats stats{};
  stats.exact = true;
  for (const SizeBank& bank : Directory().banks())
    engine::AddTo(stats, bank.pool->Stats());
  stats.failures = failures_.Get();
  return stats;
}

void MultiPool::ResetPeak() {
  for (const SizeBank& bank : Directory().banks()) bank.pool->ResetPeak();
}

void MultiPool::FlushCaches() {
  for (const SizeBank& bank : Directory().banks()) bank.pool->FlushCaches();
}

AuditReport MultiPool::Audit(AuditMode mode) const {
  AuditReport sum{Error::kOk, kNoIndex, 0, 0, false};
  for (const SizeBank& bank : Directory().banks()) {
    const AuditReport report = bank.pool->Audit(mode);
    if (sum.error == Error::kOk) {
      sum.error = report.error;
      sum.index = report.index;
    }
    sum.free += report.free;
    sum.used += report.used;
    sum.inconclusive = sum.inconclusive || report.inconclusive;
  }
  return sum;
}

Advice MultiPool::Advise(std::span<AdvisedClass> table) const {
  engine::SizeDemand all[engine::kMostDemands];
  const std::span<const engine::SizeDemand> demands(all, histogram_.Collect(all));
  const std::size_t alignment = options_.pools.alignment;
  std::size_t sizes[engine::kMostPlanned];
  const std::size_t most =
      table.size() < engine::kMostPlanned ? table.size() : engine::kMostPlanned;
  const engine::SizePlan plan =
      engine::PlanSizes(demands, alignment, std::span(sizes).first(most));

  Advice advice{.classes = plan.classes,
                .requests = 0,
                .wasted = plan.wasted,
                .wasted_as_is = 0,
                .too_large_as_is = 0};
  for (std::size_t i = 0; i < plan.classes; ++i) table[i] = {sizes[i], 0};
  const SizeDirectory& directory = Directory();
  std::size_t at = 0;
  for (const engine::SizeDemand& demand : demands) {
    advice.requests += demand.requests;
    if (plan.classes > 0) {
      while (table[at].block_size < demand.size) ++at;
      table[at].requests += demand.requests;
    }
    if (demand.size > directory.largest()) {
      advice.too_large_as_is += demand.requests;
      continue;
    }
    const base::CheckedSize block = directory.ClassFor(demand.size).block_size;
    const std::size_t stride = block.AlignedUp(alignment).value();
    advice.wasted_as_is += demand.requests * (stride - demand.size);
  }
  return advice;
}

}  // namespace corepool
