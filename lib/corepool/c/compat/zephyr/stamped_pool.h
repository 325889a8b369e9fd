// A QuadPool whose stamps do not repeat as soon.

#ifndef COREPOOL_C_COMPAT_ZEPHYR_STAMPED_POOL_H_
#define COREPOOL_C_COMPAT_ZEPHYR_STAMPED_POOL_H_

#include <cstddef>
#include <cstdint>

#include "corepool/base/exact_divisor.h"
#include "corepool/config.h"
#include "corepool/engine/leaf_marks.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/quad_pool.h"

namespace corepool::zephyr {

// A block's stamp counts to 2^11; beside it a byte for each of the smallest blocks
// counts how often that has begun anew. Who has a block writes its byte; accesses are
// relaxed, for the block passes from owner to owner through the pool. Who frees a stale
// block may see an older byte: the stamp is what protects the owner meanwhile.
struct StampedPool : QuadPool {
  using Round = lockfree::Atomic<std::uint8_t>;

  // {round:8, stamp:16} of the block that the caller has just allocated.
  COREPOOL_INLINE std::uint32_t Stamp(const void* block) const {
    const BlockStamp stamp = StampOf(block);
    Round& round = rounds[IndexFor(block)];
    std::uint32_t count = round.load(lockfree::kRelaxed);
    if (engine::LeafMarks::CountOf(stamp) == 0) [[unlikely]] {
      count = (count + 1) % 256;
      round.store(static_cast<std::uint8_t>(count), lockfree::kRelaxed);
    }
    return count << 16 | stamp;
  }
  // Whether what starts there, if it has that stamp, is in that round.
  COREPOOL_INLINE bool IsInRound(const void* block, std::uint32_t stamp) const {
    const std::size_t index = IndexFor(block);
    return index >= leaves || rounds[index].load(lockfree::kRelaxed) == stamp >> 16;
  }
  std::size_t IndexFor(const void* block) const {
    return divisor.Quotient(reinterpret_cast<std::uintptr_t>(block) -
                            reinterpret_cast<std::uintptr_t>(blocks));
  }

  Round* rounds = nullptr;
  const std::byte* blocks = nullptr;
  std::size_t leaves = 0;
  base::ExactDivisor divisor{1};  // by the size of a smallest block
};

}  // namespace corepool::zephyr

#endif  // COREPOOL_C_COMPAT_ZEPHYR_STAMPED_POOL_H_
