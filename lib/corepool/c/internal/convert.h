// Plain types of C++ as C has them, and the other way round.

#ifndef COREPOOL_C_INTERNAL_CONVERT_H_
#define COREPOOL_C_INTERNAL_CONVERT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "corepool/c/error.h"
#include "corepool/c/options.h"
#include "corepool/c/stats.h"
#include "corepool/c/wait.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "corepool/wait.h"

namespace corepool::c {

COREPOOL_INLINE constexpr corepool_error_t ForC(Error error) {
  return static_cast<corepool_error_t>(error);
}

// Of an Allocation of any pool.
template <class Allocation>
COREPOOL_INLINE corepool_allocation_t AllocationForC(const Allocation& got) {
  return {ForC(got.error), got.block};
}

corepool_pool_stats_t ForC(const PoolStats& stats);
PoolStats FromC(const corepool_pool_stats_t& stats);
corepool_pool_row_t ForC(const PoolRow& row);
corepool_audit_report_t ForC(const AuditReport& report);

// Enumerations of the same numbers; one that is too large for C++ stays too large.
template <class Enum, class CEnum>
constexpr Enum FromC(CEnum value) {
  static_assert(sizeof(Enum) == 1);
  const auto number = static_cast<unsigned>(value);
  return static_cast<Enum>(number > 0xff ? 0xff : number);
}

// Those of checking differ: the default is 0 in C.
constexpr Checking FromC(corepool_checking_t checking) {
  switch (checking) {
    case COREPOOL_CHECKING_BASIC: return Checking::kBasic;
    case COREPOOL_CHECKING_OFF: return Checking::kOff;
    case COREPOOL_CHECKING_STRICT: return Checking::kStrict;
    case COREPOOL_CHECKING_FULL: return Checking::kFull;
  }
  return static_cast<Checking>(0xff);
}
constexpr corepool_checking_t ForC(Checking checking) {
  switch (checking) {
    case Checking::kOff: return COREPOOL_CHECKING_OFF;
    case Checking::kBasic: return COREPOOL_CHECKING_BASIC;
    case Checking::kStrict: return COREPOOL_CHECKING_STRICT;
    case Checking::kFull: return COREPOOL_CHECKING_FULL;
  }
  return COREPOOL_CHECKING_BASIC;
}

constexpr Leaks FromC(corepool_leaks_t leaks) { return FromC<Leaks>(leaks); }
constexpr AuditMode FromC(corepool_audit_mode_t mode) { return FromC<AuditMode>(mode); }

// An option that is 0 for its default, and `none` (0 for what has no such constant)
// for 0.
constexpr std::size_t OrDefault(std::size_t value, std::size_t otherwise,
                                std::size_t none = 0) {
  if (value == 0) return otherwise;
  return value == none ? 0 : value;
}
inline const char* OrEmpty(const char* text) { return text == nullptr ? "" : text; }
inline constexpr std::size_t kNone = static_cast<std::size_t>(-2);

inline std::span<std::byte> Bytes(void* memory, std::size_t bytes) {
  return {static_cast<std::byte*>(memory), bytes};
}

// Those that were never initialised stand for any such.
Waiters* WaitersOf(corepool_waiters_t* waiters);

// What most options have, misuse handlers and hooks aside.
template <class Options, class COptions>
void SetCommon(Options& options, const COptions& from) {
  options.alignment = OrDefault(from.alignment, kDefaultAlignment);
  options.checking = FromC(from.checking);
  options.caching = FromC<Caching>(from.caching);
  options.state = FromC<State>(from.state);
  options.cores = from.cores;
  options.name = OrEmpty(from.name);
  options.waiters = WaitersOf(from.waiters);
}

// Without misuse handlers and hooks.
PoolOptions FromC(const corepool_pool_options_t& options);

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_CONVERT_H_
