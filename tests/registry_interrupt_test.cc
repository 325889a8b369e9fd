// Proves that interrupt handlers may read the registry, and register, at any
// instruction of any call on it: one happens before every atomic access
// (//tests/support:interrupted_core).

#include <cstddef>
#include <optional>
#include <vector>

#include "corepool/error.h"
#include "corepool/registry.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/interrupting_atomic.h"

namespace corepool {
namespace {

// Its capacity says who it is.
struct Pool {
  PoolStats Stats() const {
    PoolStats stats{};
    stats.capacity = number;
    return stats;
  }
  std::size_t number;
};

std::vector<std::size_t> Numbers() {
  std::vector<std::size_t> numbers;
  RegistryCursor cursor;
  PoolInfo info;
  while (NextPool(cursor, info)) numbers.push_back(info.stats.capacity);
  return numbers;
}

const Pool kLasting[] = {{1}, {2}, {3}};
const Pool kComing{4};  // what the interrupted call registers, or takes off
const Pool kHandlers{5};

// What one handler found.
struct Visit {
  std::vector<std::size_t> numbers;
  bool found;
};

// One interrupt, before access number `at`.
int accesses_to_go = 0;
bool handler_registers = false;
std::optional<Visit> visit;
std::optional<RegistryEntry> handlers_entry;

void Handler() {
  if (accesses_to_go-- != 0) return;
  lockfree::interrupt = nullptr;
  if (handler_registers) handlers_entry.emplace("handler's", kHandlers);
  PoolInfo info;
  visit = {Numbers(), FindPool("2", info) && info.stats.capacity == 2};
}

// Does `work` with a handler before access `at`; false if it has fewer.
template <class Work>
bool Interrupted(int at, bool registers, const Work& work) {
  visit.reset();
  handlers_entry.reset();
  accesses_to_go = at;
  handler_registers = registers;
  lockfree::interrupt = &Handler;
  work();
  lockfree::interrupt = nullptr;
  return visit.has_value();
}

using Places = std::vector<std::size_t>;

// What may be seen: the lasting pools, then perhaps the one that comes or goes, before
// or after the handler's own.
bool Plausible(const Places& seen, bool with_handlers) {
  if (!with_handlers) return seen == Places{1, 2, 3} || seen == Places{1, 2, 3, 4};
  return seen == Places{1, 2, 3, 5} || seen == Places{1, 2, 3, 4, 5} ||
         seen == Places{1, 2, 3, 5, 4};
}

class RegistryInterrupt : public ::testing::TestWithParam<bool> {
 protected:
  RegistryInterrupt()
      : first_("1", kLasting[0]), second_("2", kLasting[1]), third_("3", kLasting[2]) {}
  ~RegistryInterrupt() override { handlers_entry.reset(); }

  void ExpectPlausibleVisit() const {
    EXPECT_TRUE(visit->found);
    EXPECT_TRUE(Plausible(visit->numbers, GetParam()))
        << ::testing::PrintToString(visit->numbers);
  }

  RegistryEntry first_;
  RegistryEntry second_;
  RegistryEntry third_;
};

INSTANTIATE_TEST_SUITE_P(Handlers, RegistryInterrupt, ::testing::Bool(),
                         [](const auto& registers) {
                           return registers.param ? "Register" : "Read";
                         });

TEST_P(RegistryInterrupt, AtAnyAccessOfRegistering) {
  int at = 0;
  for (;; ++at) {
    RegistryEntry entry;
    if (!Interrupted(at, GetParam(),
                     [&] { EXPECT_EQ(entry.Register("4", kComing), Error::kOk); })) {
      break;
    }
    ExpectPlausibleVisit();
    EXPECT_TRUE(Plausible(Numbers(), GetParam()));
    EXPECT_EQ(PoolCount(), GetParam() ? 5u : 4u);
  }
  EXPECT_GE(at, 6);
}

TEST_P(RegistryInterrupt, AtAnyAccessOfUnregistering) {
  int at = 0;
  for (;; ++at) {
    RegistryEntry entry("4", kComing);
    if (!Interrupted(at, GetParam(),
                     [&] { EXPECT_EQ(entry.Unregister(), Error::kOk); })) {
      break;
    }
    ExpectPlausibleVisit();
    EXPECT_EQ(Numbers(), GetParam() ? (Places{1, 2, 3, 5}) : (Places{1, 2, 3}));
  }
  EXPECT_GE(at, 8);
}

TEST_P(RegistryInterrupt, AtAnyAccessOfReading) {
  int at = 0;
  for (;; ++at) {
    Places seen;
    if (!Interrupted(at, GetParam(), [&] { seen = Numbers(); })) break;
    ExpectPlausibleVisit();
    EXPECT_TRUE(Plausible(seen, GetParam()) || seen == (Places{1, 2, 3}));
  }
  EXPECT_GE(at, 20);
}

}  // namespace
}  // namespace corepool
