// Checking::kFull: patterns that show who wrote where he should not.

#ifndef COREPOOL_ENGINE_BLOCK_FILL_H_
#define COREPOOL_ENGINE_BLOCK_FILL_H_

#include <cstddef>

#include "corepool/engine/block_state.h"

namespace corepool::engine {

// A free block's bytes, from `from` on (a cookie keeps the first few), hold a
// pattern; the bytes behind an allocated block hold a guard. All calls are for
// the block's owner, and O(size).
class BlockFill {
 public:
  BlockFill(void* block, std::size_t from, std::size_t size)
      : bytes_(static_cast<unsigned char*>(block)), from_(from), size_(size) {}

  void Fill() const {
    for (std::size_t i = from_; i < size_; ++i) bytes_[i] = kFreed;
  }
  bool IsFilled() const {
    for (std::size_t i = from_; i < size_; ++i) {
      if (bytes_[i] != kFreed) return false;
    }
    return true;
  }

  void SetGuard() const {
    for (std::size_t i = 0; i < sizeof(Guard); ++i) bytes_[size_ + i] = kGuard;
  }
  bool IsGuardIntact() const {
    for (std::size_t i = 0; i < sizeof(Guard); ++i) {
      if (bytes_[size_ + i] != kGuard) return false;
    }
    return true;
  }

 private:
  static constexpr unsigned char kFreed = 0xdf;
  static constexpr unsigned char kGuard = 0xfd;

  unsigned char* bytes_;
  std::size_t from_;
  std::size_t size_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_FILL_H_
