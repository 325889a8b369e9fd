// The least that a lock-free pool can be: what corepool's pools are measured by.

#ifndef COREPOOL_BENCH_BARE_STACK_H_
#define COREPOOL_BENCH_BARE_STACK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace corepool::bench {

// Treiber's stack of N blocks with a 32-bit index and a 32-bit tag in one word and
// its links in a side array. It checks nothing, counts nothing and knows no sizes but
// those it was compiled with.
template <std::size_t kBlockSize, std::uint32_t kBlocks>
class BareStack {
 public:
  BareStack()
      : next_(new std::atomic<std::uint32_t>[kBlocks]), blocks_(new Block[kBlocks]) {
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
      next_[i].store(i + 1 < kBlocks ? i + 1 : kNone, std::memory_order_relaxed);
    }
  }

  [[gnu::always_inline]] void* Allocate() {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const auto top = static_cast<std::uint32_t>(head);
      if (top == kNone) return nullptr;
      const std::uint64_t wanted =
          NextTag(head) | next_[top].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, wanted, std::memory_order_acquire,
                                      std::memory_order_acquire)) {
        return &blocks_[top];
      }
    }
  }

  [[gnu::always_inline]] void Free(void* block) {
    const auto index =
        static_cast<std::uint32_t>(static_cast<Block*>(block) - blocks_.get());
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      next_[index].store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, NextTag(head) | index,
                                          std::memory_order_release,
                                          std::memory_order_relaxed));
  }

 private:
  struct alignas(64) Block {
    std::byte bytes[kBlockSize];
  };
  static constexpr std::uint32_t kNone = 0xffffffff;

  static std::uint64_t NextTag(std::uint64_t head) { return ((head >> 32) + 1) << 32; }

  std::atomic<std::uint64_t> head_{0};
  std::unique_ptr<std::atomic<std::uint32_t>[]> next_;
  std::unique_ptr<Block[]> blocks_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_BARE_STACK_H_
