// Proves that interrupt handlers, nested ones too, may use a Mynewt pool between any
// two steps of what it does, and read the list of pools while it changes.
// Deterministic: the library is compiled against atomics that call the handler.

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "corepool/config.h"
#include "gtest/gtest.h"
#include "os/os_mempool.h"
#include "tests/support/interrupt_nest.h"
#include "tests/support/interrupting_atomic.h"
#include "tests/support/ownership_ledger.h"

namespace corepool::testing {
namespace {

constexpr std::uint32_t kPlain = 8;  // aligned to 8 bytes
[[maybe_unused]] constexpr std::uint32_t kWatched =
    8 | 0x700;  // check, poison and guard
constexpr std::uint16_t kBlocks = InterruptNest::kLevels * InterruptNest::kHeldPerLevel;
constexpr std::uint32_t kSize = 24;

class Nest final : public InterruptNest {
 public:
  // `blocks`: kBlocks at most, which are as many as are asked for.
  Nest(std::uint32_t switches, std::uint64_t seed, std::uint16_t blocks = kBlocks)
      : InterruptNest(seed),
        watched_(switches != kPlain),
        blocks_(blocks),
        ledger_(kBlocks) {
    Check(corepool_mynewt_init(&pool_, blocks, kSize, memory_.data(), name_.data(),
                               switches) == OS_OK);
  }
  ~Nest() {
    (void)os_mempool_unregister(&pool_);
    (void)os_mempool_unregister(&other_);  // if ComeAndGo left it there
  }

  // Whether everything was as it must be.
  bool Run(int operations) {
    for (int i = 0; i < operations && Clean(); ++i) {
      OneInterruptedOperation();
      Check(CountFromFirst() == pool_.mp_num_free);
    }
    if (!Clean()) return false;
    for (auto& held : held_) {
      while (!held.empty()) Put(held);
    }
    Check(pool_.mp_num_free == blocks_);
    Check(os_mempool_is_sane(&pool_));
    std::set<void*> all;
    while (void* const block = os_memblock_get(&pool_)) {
      if (!all.insert(block).second) break;
    }
    Check(all.size() == blocks_ && pool_.mp_num_free == 0);
    return Clean();
  }

  std::uint64_t refusals() const { return refusals_; }

 private:
  bool Clean() const { return ledger_.faults() == 0 && failures_ == 0; }
  void Check(bool condition) { failures_ += condition ? 0 : 1; }

  // How many free blocks C sees, at rest.
  std::uint32_t CountFromFirst() const {
    std::uint32_t count = 0;
    const os_memblock* block = nullptr;
    SLIST_FOREACH(block, &pool_, mb_next) {
      if (++count > blocks_) break;
    }
    return count;
  }

  void OneOperation() override {
    std::vector<void*>& held = held_[level()];
    switch (Random() % 8) {
      case 0:
      case 1:
      case 2:
        if (held.size() < kHeldPerLevel) Get(held);
        break;
      case 3: {
        os_mempool_info info{};
        Check(os_mempool_get("nest", &info) == &pool_);
        Check(info.omi_num_free >= 0 && info.omi_num_free <= int{kBlocks});
        int seen = 0;
        os_mempool* at = nullptr;
        while ((at = os_mempool_info_get_next(at, &info)) != nullptr && seen < 8)
          ++seen;
        Check(seen < 8);
        break;
      }
      case 4: Check(os_mempool_is_sane(&pool_)); break;
      case 5:
        // Waits for readers: what it interrupts may be one.
        if (level() == 0) ComeAndGo();
        break;
      default:
        if (!held.empty()) Put(held);
    }
  }

  void Get(std::vector<void*>& held) {
    void* const block = os_memblock_get(&pool_);
    // In a watched pool a block may be being looked at.
    if (block == nullptr) {
      ++refusals_;
      Check(watched_ || blocks_ < kBlocks);
      return;
    }
    ledger_.Take(IndexOf(block), Owner());
    *static_cast<std::uint32_t*>(block) = Owner();
    held.push_back(block);
  }
  void Put(std::vector<void*>& held) {
    void* const block = held.back();
    held.pop_back();
    ledger_.Give(IndexOf(block), *static_cast<std::uint32_t*>(block));
    Check(os_memblock_put(&pool_, block) == OS_OK);
    // Others may have got it meanwhile, unless nobody can.
  }
  std::size_t IndexOf(const void* block) const {
    return (reinterpret_cast<std::uintptr_t>(block) - pool_.mp_membuf_addr) /
           (kSize + (watched_ ? 8 : 0));
  }

  void ComeAndGo() {
    Check(corepool_mynewt_init(&other_, 2, 8, other_memory_.data(), nullptr, kPlain) ==
          OS_OK);
    if (Random() % 2 == 0) return;  // to be made again
    Check(os_mempool_unregister(&other_) == OS_OK);
  }

  const bool watched_;
  const std::uint16_t blocks_;
  std::array<std::uint64_t, kBlocks * 5> memory_;
  std::array<std::uint64_t, 2> other_memory_;
  std::array<char, 5> name_{"nest"};
  os_mempool pool_{};
  os_mempool other_{};
  OwnershipLedger ledger_;
  std::array<std::vector<void*>, kLevels> held_;
  std::uint64_t failures_ = 0;
  std::uint64_t refusals_ = 0;
};

#if COREPOOL_SABOTAGE_TAG_BITS > 0

TEST(SabotagedMynewtInterrupt, NestedHandlersFindTheAbaThatTwoTagBitsLetThrough) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    if (!Nest(kPlain, seed).Run(2000)) return;
  }
  FAIL() << "no fault found";
}

#else

TEST(MynewtInterrupt, NestedHandlersMayComeBetweenAnyTwoSteps) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Nest nest(kPlain, seed);
    ASSERT_TRUE(nest.Run(3000)) << seed;
    EXPECT_GT(nest.interrupts(), 1000u);
    EXPECT_EQ(nest.refusals(), 0u);
  }
}

TEST(MynewtInterrupt, AlsoOfAPoolThatIsOftenEmpty) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Nest nest(kPlain, seed, kBlocks / 4);
    ASSERT_TRUE(nest.Run(3000)) << seed;
    EXPECT_GT(nest.refusals(), 100u);
  }
}

TEST(MynewtInterrupt, AlsoOfAWatchedPool) {
  std::uint64_t refusals = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Nest nest(kWatched, seed);
    ASSERT_TRUE(nest.Run(3000)) << seed;
    refusals += nest.refusals();
  }
  // Otherwise none has ever been left to who looked at it.
  EXPECT_GT(refusals, 0u);
}

#endif

}  // namespace
}  // namespace corepool::testing
