// A FixedPool with memory of its own and a misuse recorder.

#ifndef COREPOOL_TESTS_SUPPORT_TEST_POOL_H_
#define COREPOOL_TESTS_SUPPORT_TEST_POOL_H_

#include <cstddef>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "tests/support/misuse_recorder.h"

namespace corepool::testing {

// Memory with a red zone on either side, which must stay as it is.
class GuardedMemory {
 public:
  GuardedMemory(std::size_t size, std::size_t alignment)
      : zone_(alignment < 64 ? 64 : alignment), size_(size) {
    all_ = static_cast<std::byte*>(
        ::operator new(size + 2 * zone_, std::align_val_t{zone_}));
    for (std::size_t i = 0; i < size + 2 * zone_; ++i) all_[i] = kMark;
  }
  ~GuardedMemory() { ::operator delete(all_, std::align_val_t{zone_}); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::span<std::byte> span() { return {all_ + zone_, size_}; }

  bool Intact() const {
    for (std::size_t i = 0; i < zone_; ++i) {
      if (all_[i] != kMark || all_[zone_ + size_ + i] != kMark) return false;
    }
    return true;
  }

 private:
  static constexpr std::byte kMark{0x5a};

  std::size_t zone_;
  std::size_t size_;
  std::byte* all_;
};

class TestPool {
 public:
  explicit TestPool(PoolOptions options)
      : memory(RequiredBytes(options), RequiredAlignment(options)) {
    options.misuse_handler = &MisuseRecorder::Handle;
    options.misuse_context = &misuse;
    error = pool.Init(options, memory.span());
  }

  FixedPool* operator->() { return &pool; }

  // Everything that must hold when nobody uses the pool, and `used` blocks are
  // allocated.
  bool SoundAtRest(std::size_t used) const {
    const AuditReport audit = pool.Audit(AuditMode::kAtRest);
    const PoolStats stats = pool.Stats();
    used += stats.quarantined;
    return audit.error == Error::kOk && !audit.inconclusive && audit.used == used &&
           stats.used == used && stats.free == audit.free &&
           stats.allocations - stats.frees == used && memory.Intact();
  }

  // Allocates until nothing is left, frees all again, and returns the blocks.
  std::set<void*> DrainAndRefill() {
    std::vector<void*> blocks;
    while (void* const block = pool.Allocate()) blocks.push_back(block);
    for (void* const block : blocks) pool.Free(block);
    return {blocks.begin(), blocks.end()};
  }

  GuardedMemory memory;
  MisuseRecorder misuse;
  FixedPool pool;
  Error error;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TEST_POOL_H_
