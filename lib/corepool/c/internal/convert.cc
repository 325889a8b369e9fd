#include "corepool/c/internal/convert.h"

#include <cstddef>

namespace corepool::c {
namespace {

static_assert(
    static_cast<int>(COREPOOL_CACHING_AUTOMATIC) ==
        static_cast<int>(Caching::kAutomatic) &&
    static_cast<int>(COREPOOL_CACHING_RSEQ) == static_cast<int>(Caching::kRseq) &&
    static_cast<int>(COREPOOL_CACHING_CAS) == static_cast<int>(Caching::kCas) &&
    static_cast<int>(COREPOOL_CACHING_NONE) == static_cast<int>(Caching::kNone));
static_assert(static_cast<int>(COREPOOL_STATE_AUTOMATIC) ==
                  static_cast<int>(State::kAutomatic) &&
              static_cast<int>(COREPOOL_STATE_COOKIE) ==
                  static_cast<int>(State::kCookie) &&
              static_cast<int>(COREPOOL_STATE_SIDE) == static_cast<int>(State::kSide));
static_assert(
    static_cast<int>(COREPOOL_LEAKS_REFUSE) == static_cast<int>(Leaks::kRefuse) &&
    static_cast<int>(COREPOOL_LEAKS_REPORT) == static_cast<int>(Leaks::kReport) &&
    static_cast<int>(COREPOOL_LEAKS_ABORT) == static_cast<int>(Leaks::kAbort) &&
    static_cast<int>(COREPOOL_LEAKS_IGNORE) == static_cast<int>(Leaks::kIgnore));
static_assert(static_cast<int>(COREPOOL_AUDIT_RUNNING) ==
                  static_cast<int>(AuditMode::kRunning) &&
              static_cast<int>(COREPOOL_AUDIT_AT_REST) ==
                  static_cast<int>(AuditMode::kAtRest));
static_assert(COREPOOL_LABEL_BYTES == PoolRow::kLabelBytes);
static_assert(COREPOOL_NO_INDEX == kNoIndex);

}  // namespace

corepool_pool_stats_t ForC(const PoolStats& stats) {
  return {.capacity = stats.capacity,
          .free = stats.free,
          .used = stats.used,
          .peak = stats.peak,
          .block_size = stats.block_size,
          .stride = stats.stride,
          .cores = stats.cores,
          .magazine_size = stats.magazine_size,
          .bookkeeping_bytes = stats.bookkeeping_bytes,
          .allocations = stats.allocations,
          .frees = stats.frees,
          .failures = stats.failures,
          .misuses = stats.misuses,
          .steals = stats.steals,
          .withheld = stats.withheld,
          .tag_bits = stats.tag_bits,
          .quarantined = stats.quarantined,
          .exact = stats.exact};
}

PoolStats FromC(const corepool_pool_stats_t& stats) {
  PoolStats result{};
  result.cores = stats.cores;
  result.magazine_size = stats.magazine_size;
  result.tag_bits = stats.tag_bits;
  return result;
}

corepool_pool_row_t ForC(const PoolRow& row) {
  corepool_pool_row_t result{.stats = ForC(row.stats), .label = {}};
  for (std::size_t i = 0; i < COREPOOL_LABEL_BYTES; ++i) result.label[i] = row.label[i];
  return result;
}

corepool_audit_report_t ForC(const AuditReport& report) {
  return {.error = ForC(report.error),
          .index = report.index,
          .free = report.free,
          .used = report.used,
          .inconclusive = report.inconclusive};
}

PoolOptions FromC(const corepool_pool_options_t& options) {
  PoolOptions result;
  SetCommon(result, options);
  result.block_size = options.block_size;
  result.block_count = options.block_count;
  result.quarantine = options.quarantine;
  return result;
}

}  // namespace corepool::c

size_t corepool_pool_stats_cache_bound(const corepool_pool_stats_t* stats) {
  return corepool::c::FromC(*stats).cache_bound();
}

uint64_t corepool_pool_stats_tag_wrap_microseconds(const corepool_pool_stats_t* stats,
                                                   uint64_t rate) {
  return corepool::c::FromC(*stats).TagWrapMicroseconds(rate);
}
