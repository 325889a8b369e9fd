// Blocks of equal size, in a row or scattered: from index to address and back.

#ifndef COREPOOL_ENGINE_BLOCK_LAYOUT_H_
#define COREPOOL_ENGINE_BLOCK_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/exact_divisor.h"
#include "corepool/config.h"
#include "corepool/engine/scatter.h"
#include "corepool/error.h"

namespace corepool::engine {

// Fast paths know rows only: what a scattered block needs is never inline. To IsBlock
// and AreBlocks scattered blocks are none, so that their pools are left to what comes
// then.
class BlockLayout {
 public:
  // `base` is the first of `count` blocks, `stride` >= 1 bytes apart; `divisor`
  // divides by it.
  constexpr BlockLayout(std::byte* base, std::size_t stride, std::size_t count,
                        base::ExactDivisor divisor)
      : base_(base),
        divisor_(divisor),
        end_(divisor.ProductOf(count)),
        low_bits_(divisor.low_bits()),
        stride_(stride),
        count_(count) {}
  constexpr BlockLayout(std::byte* base, std::size_t stride, std::size_t count)
      : BlockLayout(base, stride, count, base::ExactDivisor(stride)) {}

  // Up to `count` blocks, wherever `scatter` says; it must outlive the layout.
  constexpr BlockLayout(const Scatter& scatter, std::size_t stride, std::size_t count)
      : BlockLayout(static_cast<std::byte*>(nullptr), stride, 0) {
    scatter_ = &scatter;
    count_ = count;
  }

  // `index` must be below count(). nullptr if it is scattered and not there yet.
  void* BlockAt(std::size_t index) const {
    return scatter_ == nullptr ? InRow(index) : scatter_->BlockAt(index);
  }
  // Any index.
  bool HasBlock(std::size_t index) const {
    return scatter_ == nullptr ? index < count_ : scatter_->HasBlock(index);
  }

  // The index of the block that starts at `address`, or a number that is not
  // below count() if none does. Any address may be asked for; it is not read.
  std::size_t IndexOf(const void* address) const {
    return scatter_ == nullptr ? IndexInRow(address) : scatter_->IndexOf(address);
  }

  // The same for blocks in a row.
  COREPOOL_INLINE void* InRow(std::size_t index) const {
    return base_ + index * stride_;
  }
  COREPOOL_INLINE std::size_t IndexInRow(const void* address) const {
    return divisor_.Quotient(OffsetOf(address));
  }

  // Whether a block in a row starts at `address`: IndexOf(address) < count(), for less.
  COREPOOL_INLINE bool IsBlock(const void* address) const {
    const std::uintptr_t product = divisor_.Product(OffsetOf(address));
    if (product >= end_) return false;
    return (low_bits_ & product) == 0;
  }

  // Whether a block in a row starts at each of `addresses`. Without a branch for each:
  // no product that is too large, and none that has low bits, may have left its mark.
  template <class Block>
  COREPOOL_INLINE bool AreBlocks(std::span<Block* const> addresses) const {
    constexpr std::uintptr_t kSign = ~(~std::uintptr_t{0} >> 1);
    if (end_ == 0) return addresses.empty();
    const std::uintptr_t last = end_ - 1;
    std::uintptr_t products = 0;
    std::uintptr_t rests = 0;
    for (Block* const address : addresses) {
      const std::uintptr_t product = divisor_.Product(OffsetOf(address));
      products |= product;
      rests |= last - product;
    }
    return ((products & (low_bits_ | kSign)) | (rests & kSign)) == 0;
  }

  // Whether `address` lies in a block, or in the padding behind it.
  bool Contains(const void* address) const {
    if (scatter_ != nullptr) return scatter_->IndexAround(address) < count_;
    return OffsetOf(address) < count_ * stride_;
  }

  // What is wrong with an address that IndexOf knows no block for. Blocks are
  // aligned to `alignment`.
  Error Diagnose(const void* address, std::size_t alignment) const {
    if (!Contains(address)) return Error::kForeignPointer;
    // Also from 0 on: every block is aligned, and so is the first of a row.
    return reinterpret_cast<std::uintptr_t>(address) % alignment != 0
               ? Error::kMisalignedPointer
               : Error::kInteriorPointer;
  }

  bool is_scattered() const { return scatter_ != nullptr; }

  std::size_t stride() const { return stride_; }
  std::size_t count() const { return count_; }

 private:
  // Below the base: wraps around to more than any block's offset.
  std::uintptr_t OffsetOf(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) -
           reinterpret_cast<std::uintptr_t>(base_);
  }

  std::byte* base_;
  base::ExactDivisor divisor_;
  std::uintptr_t end_;       // the product of the first offset behind the blocks
  std::uintptr_t low_bits_;  // that are 0 in the product of a block's offset
  std::size_t stride_;
  std::size_t count_;
  const Scatter* scatter_ = nullptr;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_LAYOUT_H_
