// Who is told when a pool is misused.

#ifndef COREPOOL_MISUSE_H_
#define COREPOOL_MISUSE_H_

#include <cstddef>
#include <cstdint>

#include "corepool/error.h"

namespace corepool {

inline constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

// Who has a block, as far as anybody has told: a code address, or whatever the user
// chose (SetOwner). 0: nobody knows.
using OwnerTag = std::uintptr_t;

// One misuse, as it was detected. Valid during the handler's call only.
struct MisuseReport {
  Error kind;             // kForeignPointer to kLeak
  const void* pool;       // the pool object
  const char* pool_name;  // PoolOptions::name, or ""
  const void* block;      // the pointer given, or the block found damaged
  std::size_t index;      // of the block, or kNoIndex if it is none of the pool's
  std::uint32_t core;     // that noticed; 0 where the port cannot tell
  void* context;          // PoolOptions::misuse_context
  // kWriteAfterFree and kOverrun: the first damaged byte, counted from the block's
  // start; behind the block for kOverrun, and 0 if the cookie is damaged (see
  // State::kCookie). kNoIndex if it is not known, and for other kinds.
  std::size_t offset = kNoIndex;
  // Then also: eight bytes from there on, or the last eight before the next block, and
  // what they should be. In the order in which they lie in memory, the first being
  // the most significant. (A cookie of four bytes: those, and zeros above them.)
  std::uint64_t found = 0;
  std::uint64_t expected = 0;
  OwnerTag owner = 0;  // who has the block, or had it last; 0 unless kFull
};

// Called in the context of the operation that noticed, which may be an interrupt
// handler, and by several contexts at once. May use the pool. If it returns, the
// operation is refused with the report's kind and the pool is sound: what was to be
// done has not been done, but for kWriteAfterFree (the block's mark is made good),
// kOverrun (the guard too, and a block that was being freed is taken back), kLeak (what
// the policy says happens; the handler must not use the pool, but for IndexOf, BlockAt
// and OwnerOf) and bulks (see there).
using MisuseHandler = void (*)(const MisuseReport& report);

// Sets the handler of all pools that have none of their own, and returns the one
// before. nullptr stands for the default: it shows the report, on standard error
// where there is one, and aborts; but not for a kLeak, of which there may be more.
// [any; wait-free; O(1), 1 RMW]
MisuseHandler SetMisuseHandler(MisuseHandler handler);

// Hands the report to `own`, or to the process-wide handler if `own` is nullptr.
// For pools; not called by users. [any; wait-free; O(1); and as long as the handler]
void ReportMisuse(const MisuseReport& report, MisuseHandler own);

}  // namespace corepool

#endif  // COREPOOL_MISUSE_H_
