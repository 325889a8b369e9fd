// Memory for peers that manage blocks but bring none.

#ifndef COREPOOL_BENCH_PEERS_BLOCK_ARRAY_H_
#define COREPOOL_BENCH_PEERS_BLOCK_ARRAY_H_

#include <cstddef>
#include <cstdlib>
#include <new>

namespace corepool::bench {

// `count` blocks of `size` bytes, which live as long as the worker. Each begins a cache
// line if its size fills whole ones.
class BlockArray {
 public:
  BlockArray(std::size_t size, std::size_t count)
      : blocks_(static_cast<std::byte*>(
            ::operator new(size * count, std::align_val_t{64}))),
        size_(size),
        count_(count) {}

  std::size_t count() const { return count_; }
  void* operator[](std::size_t i) const { return blocks_ + i * size_; }

 private:
  std::byte* blocks_;
  std::size_t size_;
  std::size_t count_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_BLOCK_ARRAY_H_
