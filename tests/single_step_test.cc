// Proves that an operation ends in a bounded number of instructions even if its thread
// is interrupted after each of them: under a debugger that single-steps, which lets no
// restartable section ever commit.

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/boundaries.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

// Far more than any operation takes for a block, also without optimization.
constexpr int kMostSteps = 40'000;
constexpr int kNotTraced = 77;
constexpr std::size_t kBlocks = 40;

// One operation, with what comes before it, in the child. Returns whether all is well.
using Operation = std::function<bool(TestPool& pool)>;

bool Verified(TestPool& pool, std::vector<void*>& held) {
  if (!pool.SoundAtRest(held.size())) return false;
  const std::set<void*> own(held.begin(), held.end());
  if (own.size() != held.size()) return false;
  for (void* const block : held) {
    if (pool->Free(block) != Error::kOk) return false;
  }
  held.clear();
  return pool.SoundAtRest(0) && pool.DrainAndRefill().size() == kBlocks &&
         pool.SoundAtRest(0);
}

std::vector<void*> TakeAll(TestPool& pool, std::size_t count) {
  std::vector<void*> blocks;
  while (blocks.size() < count) {
    void* const block = pool->Allocate();
    if (block == nullptr) break;
    blocks.push_back(block);
  }
  return blocks;
}

bool StepAllocate(TestPool& pool, std::vector<void*> held) {
  Mark();
  void* const block = pool->Allocate();
  Mark();
  if (block == nullptr) return false;
  held.push_back(block);
  return Verified(pool, held);
}

bool StepFree(TestPool& pool, std::vector<void*> held) {
  void* const block = held.back();
  held.pop_back();
  Mark();
  const Error error = pool->Free(block);
  Mark();
  return error == Error::kOk && Verified(pool, held);
}

// Leaves blocks in this core's magazine, if it has one.
void Warm(TestPool& pool, std::size_t count) {
  for (void* const block : TakeAll(pool, count)) pool->Free(block);
}

// Those that the test began with.
const std::vector<int>& Cores() {
  static const std::vector<int> cores = UsableCores();
  return cores;
}

struct Scenario {
  const char* name;
  Operation operation;
  int blocks = 1;  // that it takes or gives
};
constexpr int kBulk = 12;

const Scenario kScenarios[] = {
    {"AllocateWithBlocksAtHand",
     [](TestPool& pool) {
       Warm(pool, 3);
       return StepAllocate(pool, {});
     }},
    {"FreeWithRoomAtHand",
     [](TestPool& pool) {
       Warm(pool, 3);
       return StepFree(pool, TakeAll(pool, 2));
     }},
    {"AllocateInAFreshPool", [](TestPool& pool) { return StepAllocate(pool, {}); }},
    {"AllocateWhenTheCacheIsEmpty",
     [](TestPool& pool) {
       Warm(pool, 3);
       return StepAllocate(pool, TakeAll(pool, 3));
     }},
    {"FreeWhenTheCacheIsFull",
     [](TestPool& pool) {
       std::vector<void*> held = TakeAll(pool, 20);
       for (std::size_t i = 0; i < pool->Stats().magazine_size; ++i) {
         pool->Free(held.back());
         held.pop_back();
       }
       return StepFree(pool, held);
     }},
    {"FreeTheFirstOfAll",
     [](TestPool& pool) { return StepFree(pool, TakeAll(pool, kBlocks)); }},
    {"AllocateTheLastFromOwnCache",
     [](TestPool& pool) {
       Warm(pool, 1);
       std::vector<void*> held = TakeAll(pool, kBlocks);
       pool->Free(held.back());
       held.pop_back();
       return StepAllocate(pool, held);
     }},
    {"AllocateTheLastFromAnotherCoresCache",
     [](TestPool& pool) {
       std::vector<void*> held;
       {
         const Pinned there(Cores().back());
         held = TakeAll(pool, kBlocks);
         pool->Free(held.back());
         held.pop_back();
       }
       const Pinned here(Cores().front());
       return StepAllocate(pool, held);
     }},
    {"AllocateWhenExhausted",
     [](TestPool& pool) {
       std::vector<void*> held = TakeAll(pool, kBlocks);
       Mark();
       void* const block = pool->Allocate();
       Mark();
       return block == nullptr && Verified(pool, held);
     }},
    {"AllocateABulk",
     [](TestPool& pool) {
       Warm(pool, 3);
       std::vector<void*> held(kBulk);
       Mark();
       const Error error = pool->AllocateBulk(held);
       Mark();
       return error == Error::kOk && Verified(pool, held);
     },
     kBulk},
    {"FreeABulk",
     [](TestPool& pool) {
       std::vector<void*> held = TakeAll(pool, kBulk);
       Mark();
       const Error error = pool->FreeBulk(held);
       Mark();
       held.clear();
       return error == Error::kOk && Verified(pool, held);
     },
     kBulk},
};

class SingleStep : public ::testing::TestWithParam<std::tuple<Caching, Scenario>> {};

INSTANTIATE_TEST_SUITE_P(
    Kinds, SingleStep,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas, Caching::kNone),
                       ::testing::ValuesIn(kScenarios)),
    [](const auto& kind) {
      return std::string(NameOf(std::get<0>(kind.param))) +
             std::get<1>(kind.param).name;
    });

[[noreturn]] void Child(Caching caching, const Operation& operation) {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kNotTraced);
  raise(SIGSTOP);
  TestPool pool({.block_size = 32, .block_count = kBlocks, .caching = caching});
  const Pinned here(Cores().front());
  _exit(operation(pool) && pool.misuse.count == 0 ? 0 : 1);
}

bool IsMark(pid_t child) {
  siginfo_t info = {};
  ptrace(PTRACE_GETSIGINFO, child, nullptr, &info);
  return info.si_code == SI_KERNEL;  // a single step is TRAP_TRACE
}

// Steps the child from its first mark to its second. Returns its wait status at the
// end; `steps` is more than `most` if it was given up.
int StepThrough(pid_t child, int most, int& steps) {
  bool stepping = false;
  int status = 0;
  steps = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    long signal = WSTOPSIG(status);
    if (signal == SIGTRAP) {
      if (IsMark(child)) {
        stepping = !stepping;
      } else if (++steps > most) {
        kill(child, SIGKILL);
        stepping = false;
      }
    }
    if (signal == SIGTRAP || signal == SIGSTOP) signal = 0;
    ptrace(stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, child, nullptr,
           reinterpret_cast<void*>(signal));
  }
  return status;
}

TEST_P(SingleStep, EndsAndLeavesThePoolSound) {
  const auto& [caching, scenario] = GetParam();
  if (!Works(caching)) GTEST_SKIP() << "not to be had here";
  const int most = kMostSteps * scenario.blocks;
  Cores();
  const pid_t child = fork();
  if (child == 0) Child(caching, scenario.operation);
  int steps = 0;
  const int status = StepThrough(child, most, steps);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotTraced) {
    GTEST_SKIP() << "this process may not trace its children";
  }
  std::cout << steps << " steps\n";
  EXPECT_LE(steps, most);
  EXPECT_GT(steps, 10) << "was it stepped at all?";
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace corepool::testing
