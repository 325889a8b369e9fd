// Who owns which block, kept apart from the pool that is being tested.

#ifndef COREPOOL_TESTS_SUPPORT_OWNERSHIP_LEDGER_H_
#define COREPOOL_TESTS_SUPPORT_OWNERSHIP_LEDGER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corepool::testing {

// Every access is relaxed, so that the ledger orders nothing that the pool should
// have ordered. Any context may call anything, signal handlers too.
class OwnershipLedger {
 public:
  explicit OwnershipLedger(std::size_t blocks) : owners_(blocks) {}

  // Notes that `owner`, not 0, was handed the block. Remembers a fault if somebody
  // owns it already, or if there is no such block.
  void Take(std::size_t block, std::uint32_t owner) { Change(block, 0, owner); }

  // Notes that `owner` is about to free the block.
  void Give(std::size_t block, std::uint32_t owner) { Change(block, owner, 0); }

  std::uint64_t faults() const { return faults_.load(std::memory_order_relaxed); }

  std::size_t owned() const {
    std::size_t count = 0;
    for (const auto& owner : owners_) {
      if (owner.load(std::memory_order_relaxed) != 0) ++count;
    }
    return count;
  }

 private:
  void Change(std::size_t block, std::uint32_t from, std::uint32_t to) {
    if (block >= owners_.size() ||
        !owners_[block].compare_exchange_strong(from, to, std::memory_order_relaxed)) {
      faults_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  std::vector<std::atomic<std::uint32_t>> owners_;
  std::atomic<std::uint64_t> faults_{0};
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_OWNERSHIP_LEDGER_H_
