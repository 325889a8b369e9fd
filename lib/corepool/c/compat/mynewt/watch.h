// What the switches check, poison and guard add to getting and putting blocks.

#ifndef COREPOOL_C_COMPAT_MYNEWT_WATCH_H_
#define COREPOOL_C_COMPAT_MYNEWT_WATCH_H_

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/mynewt/books.h"
#include "corepool/error.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {

// The contents of one pool's blocks. Calls on a block are for its owner, unless said
// otherwise.
class Watch {
 public:
  Watch(const os_mempool& pool, const Books& books) : pool_(pool), books_(books) {}

  // Leaves a block as those who look at free blocks want to see it, but for its link.
  void Mark(void* block) const;

  // Whether a free block above `next` (nullptr: none) holds what it should; if not, and
  // `reports`, says so to the misuse handler.
  bool IsIntact(const void* block, const void* next, bool reports) const;
  // Whether the word behind a block is whole. Of any block, at any time.
  bool IsGuarded(const void* block, bool reports) const;
  // Makes it whole.
  void SetGuard(void* block) const;

  // Tells the misuse handler of a block's address that may not be put, if the pool is
  // to check that.
  void ReportPut(Error kind, const void* block) const;

 private:
  static constexpr std::uint32_t kPoisonWord = 0xde7ec7ed;
  static constexpr std::uint32_t kGuardWord = 0xbaff1ed1;

  void Report(Error kind, const void* block, std::size_t offset = ~std::size_t{0},
              std::uint32_t found = 0, std::uint32_t expected = 0) const;
  const std::uint32_t* GuardOf(const void* block) const;

  const os_mempool& pool_;
  const Books& books_;
};

}  // namespace corepool::c::mynewt

#endif  // COREPOOL_C_COMPAT_MYNEWT_WATCH_H_
