// The measured loops of the workloads with blocks of many sizes.

#ifndef COREPOOL_BENCH_PEERS_SIZED_LOOPS_H_
#define COREPOOL_BENCH_PEERS_SIZED_LOOPS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>

#include "bench/peers/adapter.h"
#include "bench/peers/cpu.h"
#include "bench/peers/fixed_loops.h"
#include "bench/peers/slice.h"
#include "bench/peers/workload.h"

namespace corepool::bench {

inline constexpr std::size_t kLiveBlocks = 1000;

// Which slot gets a block of which size next. Drawn beforehand, as drawing costs more
// than allocating; the same for all peers.
class Draws {
 public:
  struct Draw {
    std::uint16_t slot;
    std::uint16_t size;
  };

  explicit Draws(unsigned seed) {
    std::mt19937 random(seed);
    for (Draw& draw : draws_) {
      draw.slot = static_cast<std::uint16_t>(random() % kLiveBlocks);
      draw.size = static_cast<std::uint16_t>(
          kSmallestSize + random() % (kLargestSize - kSmallestSize + 1));
    }
  }

  const Draw& Next() { return draws_[next_++ % draws_.size()]; }

 private:
  std::array<Draw, 8192> draws_;
  std::size_t next_ = 0;
};

// The sizes lie beside the slots: who knows a block's size rarely has it from the
// block.
struct LocalSlots {
  std::array<void*, kLiveBlocks> blocks{};
  std::array<std::uint16_t, kLiveBlocks> sizes{};
};

template <SizedAdapter Adapter>
[[gnu::noinline]] void Replace(Adapter pool, Lane& lane, Draws& draws,
                               LocalSlots& slots) {
  while (lane.running()) {
    for (int i = 0; i < kPairsPerLook; ++i) {
      const Draws::Draw draw = draws.Next();
      pool.Free(slots.blocks[draw.slot], slots.sizes[draw.slot]);
      void* block = pool.Allocate(draw.size);
      Touch(block);
      slots.blocks[draw.slot] = block;
      slots.sizes[draw.slot] = draw.size;
    }
    lane.Count(kPairsPerLook);
  }
}

// Blocks that any thread frees, whichever allocated them. Here the size can only be in
// the block itself: it is its first word.
using SharedSlots = std::array<std::atomic<void*>, kLiveBlocks>;

template <SizedAdapter Adapter>
[[gnu::always_inline]] inline void Exchange(Adapter& pool, std::atomic<void*>& slot,
                                            void* block) {
  void* const old = slot.exchange(block, std::memory_order_acq_rel);
  if (old != nullptr) {
    pool.Free(old, *static_cast<volatile std::uint64_t*>(old));
  }
}

template <SizedAdapter Adapter>
[[gnu::noinline]] void ReplaceShared(Adapter pool, Lane& lane, Draws& draws,
                                     SharedSlots& slots) {
  while (lane.running()) {
    for (int i = 0; i < kPairsPerLook; ++i) {
      const Draws::Draw draw = draws.Next();
      void* block = pool.Allocate(draw.size);
      Touch(block, draw.size);
      Exchange(pool, slots[draw.slot], block);
    }
    lane.Count(kPairsPerLook);
  }
}

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_SIZED_LOOPS_H_
