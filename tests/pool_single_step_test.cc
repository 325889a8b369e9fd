// Proves that interrupt handlers may use a pool between any two instructions of any
// operation on it: no block is handed out twice or lost, or changed while somebody has
// it, and "exhausted" is said only if all are allocated. On the library as it is
// shipped, down to what the compiler has made of it.
//
// Compiled with COREPOOL_SABOTAGE_TAG_BITS the same must be noticed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/static_pool.h"
#include "gtest/gtest.h"
#include "tests/support/boundaries.h"
#include "tests/support/cachings.h"
#include "tests/support/linearizability.h"
#include "tests/support/single_stepped.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

using Kind = Call::Kind;

// What has been called on a pool of blocks of 16 bytes.
template <class Pool>
class RecordedPool {
 public:
  explicit RecordedPool(Pool& pool) : pool_(pool) {}

  // Numbers of blocks.
  using Held = std::vector<std::uint8_t>;

  template <class How = Directly>
  void Allocate(Held& held, const How& how = {}) {
    recorder_.Record(Kind::kTake, 0, [&](std::uint8_t& value) {
      void* block = nullptr;
      how([&] { block = pool_.Allocate(); });
      if (block == nullptr) return false;
      value = static_cast<std::uint8_t>(pool_.IndexOf(block));
      WordsOf(value)[0] = WordsOf(value)[1] = StampOf(value);
      held.push_back(value);
      return true;
    });
  }
  // What it has had for longest.
  void FreeOldest(Held& held) {
    if (held.empty()) return;
    std::rotate(held.begin(), held.begin() + 1, held.end());
    Free(held);
  }
  template <class How = Directly>
  void Free(Held& held, const How& how = {}) {
    if (held.empty()) return;
    const std::uint8_t number = held.back();
    held.pop_back();
    std::uint64_t* const words = WordsOf(number);
    damaged_ += words[0] != StampOf(number) || words[1] != StampOf(number);
    words[0] = words[1] = 0;
    recorder_.Record(Kind::kPut, number, [&](std::uint8_t&) {
      Error error = Error::kOk;
      how([&] { error = pool_.Free(pool_.BlockAt(number)); });
      return error == Error::kOk;
    });
  }
  std::string Fault(std::size_t blocks) const {
    if (damaged_ != 0) return "a block that has changed while somebody had it";
    std::string all;
    for (std::size_t i = 0; i < blocks; ++i) all.push_back(static_cast<char>(i));
    if (IsLinearizable(PoolModel(), recorder_.calls(), all)) return "";
    return std::to_string(blocks) + " blocks\n" + Describe(recorder_.calls());
  }

 private:
  std::uint64_t* WordsOf(std::uint8_t number) {
    return reinterpret_cast<std::uint64_t*>(pool_.BlockAt(number));
  }
  static std::uint64_t StampOf(std::uint8_t number) {
    return 0x1234'5678'9abc'de00 + number;
  }

  Pool& pool_;
  CallRecorder recorder_;
  std::size_t damaged_ = 0;
};

// What handlers do: allocate, free what they have had for shortest, for longest (o).
const std::vector<std::string> kHandlers = {"a",      "f",      "aaaa", "ff",
                                            "afafaf", "fafafa", "aaao"};
const std::vector<std::string> kShorter = {"f", "aaao", "fafafa"};

class SingleSteppedPool : public SingleStepped {
 protected:
  // with_pool(use) calls use(pool) with a fresh pool, and returns what was wrong with
  // it otherwise.
  template <class Pool, class WithPool>
  void InterruptAll(std::size_t blocks, const std::vector<std::string>& handlers,
                    const WithPool& with_pool) {
    for (std::size_t held = 0; held <= blocks; ++held) {
      for (const bool allocate : {true, false}) {
        for (const std::string& handler : handlers) {
          ForEachBoundary([&] {
            Judge(with_pool([&](Pool& pool) {
              InterruptOne(pool, blocks, held, allocate, handler);
            }));
          });
        }
      }
    }
  }

 private:
  // `held` blocks are allocated at the beginning, the first by who is interrupted, one
  // by the handler and the others by nobody in particular. As many have been allocated
  // and freed again, so that caches have some.
  template <class Pool>
  void InterruptOne(Pool& pool, std::size_t blocks, std::size_t held, bool allocate,
                    const std::string& handler) {
    RecordedPool<Pool> recorded(pool);
    typename RecordedPool<Pool>::Held own, handlers, others;
    for (std::size_t i = 0; i < blocks; ++i) recorded.Allocate(others);
    for (std::size_t i = held; i < blocks; ++i) recorded.Free(others);
    for (auto* const list : {&own, &handlers}) {
      if (others.empty()) break;
      list->push_back(others.back());
      others.pop_back();
    }
    const auto interrupt = [&] {
      for (const char one : handler) {
        switch (one) {
          case 'a': recorded.Allocate(handlers); break;
          case 'f': recorded.Free(handlers); break;
          default: recorded.FreeOldest(handlers);
        }
      }
    };
    const InterruptedBy how{boundaries(), interrupt};
    allocate ? recorded.Allocate(own, how) : recorded.Free(own, how);
    for (auto* const list : {&own, &handlers, &others}) {
      while (!list->empty()) recorded.Free(*list);
    }
    for (std::size_t i = 0; i <= blocks; ++i) recorded.Allocate(own);
    while (!own.empty()) recorded.Free(own);
    Judge(recorded.Fault(blocks));
  }
};

class SingleSteppedFixedPool : public SingleSteppedPool,
                               public ::testing::WithParamInterface<Caching> {};

// Restartable sections do not get on while they are stepped through: single_step_test
// and rseq_delayed_test do their part.
INSTANTIATE_TEST_SUITE_P(Kinds, SingleSteppedFixedPool,
                         COREPOOL_SABOTAGE_TAG_BITS == 0
                             ? ::testing::ValuesIn({Caching::kNone, Caching::kCas})
                             : ::testing::ValuesIn({Caching::kNone}),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(SingleSteppedFixedPool, AtAnyInstruction) {
  // With caches an allocation that fails takes long: it looks everywhere, twice.
  const bool cached = GetParam() != Caching::kNone;
  const std::size_t most = cached ? 2 : 3;
  const std::vector<std::string> handlers = cached ? kShorter : kHandlers;
  for (std::size_t blocks = 1; blocks <= most; ++blocks) {
    InterruptAll<FixedPool>(blocks, handlers, [&](const auto& use) {
      TestPool pool({.block_size = 16, .block_count = blocks, .caching = GetParam()});
      use(pool.pool);
      const bool sound = pool.SoundAtRest(0) && pool.misuse.count == 0;
      return std::string(sound ? "" : "a pool that is not sound");
    });
  }
}

struct alignas(16) Block {
  std::uint64_t words[2];
};

bool misused;  // a StaticPool

class SingleSteppedStaticPool : public SingleSteppedPool {
 protected:
  template <std::size_t kBlocks>
  void InterruptAllOf() {
    using Pool = StaticPool<Block, kBlocks, Checking::kBasic, Caching::kNone>;
    InterruptAll<Pool>(kBlocks, kHandlers, [](const auto& use) {
      misused = false;
      SetMisuseHandler([](const MisuseReport&) { misused = true; });
      Pool pool;
      use(pool);
      SetMisuseHandler(nullptr);
      const bool sound =
          pool.Audit(AuditMode::kAtRest).error == Error::kOk && pool.Stats().used == 0;
      return std::string(sound ? "" : "a pool that is not sound");
    });
  }
};

TEST_F(SingleSteppedStaticPool, AtAnyInstruction) {
  InterruptAllOf<1>();
  InterruptAllOf<2>();
  InterruptAllOf<3>();
}

}  // namespace
}  // namespace corepool::testing
