// Proves that interrupt handlers, nested ones too, may create, extend, allocate and
// free between any two steps of one another, and that no allocation fails while there
// is a block that is large enough. Deterministic: the pools are compiled against
// atomics that call the handler (//tests/support:interrupted_core).

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "corepool/c/compat/microtbx/block_pools.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "gtest/gtest.h"
#include "tests/support/interrupt_nest.h"

namespace {

constexpr std::size_t kHeapBytes = 1 << 14;
alignas(16) std::byte heap[kHeapBytes];
std::size_t used = 0;

}  // namespace

// Interrupts come at atomic accesses only, so this one is safe.
extern "C" void* TbxHeapAllocate(std::size_t size) {
  if (size > kHeapBytes - used) return nullptr;
  used += size;
  return heap + used - size;
}

namespace corepool::microtbx {
namespace {

using testing::InterruptNest;

constexpr std::size_t kSizes[] = {8, 16, 24, 40, 64};
constexpr std::size_t kOverhead = 3 * sizeof(void*);

class Nest final : public InterruptNest {
 public:
  explicit Nest(std::uint64_t seed) : InterruptNest(seed) {
    used = 0;
    // Enough for all that want one, of the largest.
    failures_ += pools_->Create(kLevels * kHeldPerLevel, 64) != Error::kOk;
  }

  bool Run(int operations) {
    for (int i = 0; i < operations && failures_ == 0; ++i) OneInterruptedOperation();
    for (std::vector<Held>& held : held_) {
      while (!held.empty()) Free(held);
    }
    // Every byte that has left the heap is a block's, or what goes with one.
    std::size_t bytes = 0;
    std::set<void*> blocks;
    for (const std::size_t size : kSizes) {
      for (;;) {
        const auto got = pools_->Allocate(size, true);
        if (got.block == nullptr) break;
        if (!blocks.insert(got.block).second) return false;  // on a list twice
        bytes += size + kOverhead;
      }
    }
    return failures_ == 0 && bytes == used;
  }

 private:
  struct Held {
    void* block;
    std::size_t size;  // that was asked for
  };

  void OneOperation() override {
    std::vector<Held>& held = held_[level()];
    const std::size_t size = kSizes[Random() % std::size(kSizes)];
    switch (Random() % 16) {
      case 0: {
        const Error error = pools_->Create(1 + Random() % 3, size);
        failures_ += error != Error::kOk && error != Error::kSegmentExhausted;
        return;
      }
      case 1: {
        if (held.size() == kHeldPerLevel) return;
        const auto got = pools_->AllocateExactly(size);
        if (got.error == Error::kOk) {
          Take(held, got.block, size);
        } else {
          failures_ += got.error != Error::kSegmentExhausted;
        }
        return;
      }
      case 2: {  // in the middle of one of one's own
        if (held.empty()) return;
        auto* const inside = static_cast<std::byte*>(held.back().block) + 4;
        failures_ += pools_->Free(inside) != Error::kForeignPointer;
        return;
      }
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8: {
        if (held.size() == kHeldPerLevel) return;
        const auto got = pools_->Allocate(1 + Random() % 64, false);
        failures_ += got.error != Error::kOk;
        if (got.error == Error::kOk) Take(held, got.block, 1);
        return;
      }
      default:
        if (!held.empty()) Free(held);
    }
  }

  void Take(std::vector<Held>& held, void* block, std::size_t size) {
    failures_ += !live_.insert(block).second;
    std::memset(block, static_cast<int>(Owner()), size);
    held.push_back({block, size});
  }
  void Free(std::vector<Held>& held) {
    const Held one = held.back();
    held.pop_back();
    std::uint8_t first;
    std::memcpy(&first, one.block, 1);
    failures_ += first != (&held - held_.data()) + 1;
    live_.erase(one.block);
    failures_ += pools_->Free(one.block) != Error::kOk;
  }

  std::unique_ptr<BlockPools> pools_ = std::make_unique<BlockPools>();
  std::array<std::vector<Held>, kLevels> held_;
  std::set<void*> live_;
  std::uint64_t failures_ = 0;
};

#if COREPOOL_SABOTAGE_TAG_BITS > 0

// A list that is broken may lead anywhere, so the nest is in a process of its own.
TEST(SabotagedBlockPoolsDeathTest, NestedHandlersFindTheAbaThatTwoTagBitsLetThrough) {
  EXPECT_DEATH(
      {
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
          Nest nest(seed);
          if (!nest.Run(2000)) std::abort();
        }
        std::_Exit(0);
      },
      "");
}

#else

TEST(BlockPoolsInterrupt, NestedHandlersMayDoAnythingAtAnyAccess) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Nest nest(seed);
    ASSERT_TRUE(nest.Run(2000)) << "seed " << seed;
    ASSERT_GT(nest.interrupts(), 500u);
  }
}

#endif

}  // namespace
}  // namespace corepool::microtbx
