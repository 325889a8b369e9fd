// What several contexts do with a QuadPool, and a run of it whose history is kept.

#ifndef COREPOOL_TESTS_SUPPORT_QUAD_SCRIPT_H_
#define COREPOOL_TESTS_SUPPORT_QUAD_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "tests/support/quad_history.h"
#include "tests/support/quad_model.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {

// A context's next operation.
struct QuadRequest {
  enum class Kind { kAllocate, kFree, kReallocate, kDefragment };

  Kind kind;
  int level = 0;          // kAllocate, kReallocate
  std::size_t which = 0;  // kFree, kReallocate: of what it holds
};

// What is allocated at first, and what each of the contexts does.
struct QuadScript {
  QuadPoolOptions options;
  std::vector<int> before;                      // levels allocated, in this order
  std::vector<std::size_t> freed;               // of these, freed again
  std::vector<std::vector<std::size_t>> given;  // of these, to each context
  std::vector<std::vector<QuadRequest>> requests;
};

// One run of a script. Afterwards the pool must be sound, and whole when all is freed.
class QuadRun {
 public:
  explicit QuadRun(const QuadScript& script)
      : script_(script), pool_(script.options), model_(script.options) {
    EXPECT_EQ(pool_.error, Error::kOk);
    std::vector<void*> blocks;
    for (const int level : script.before) {
      blocks.push_back(pool_->Allocate(pool_->BlockSizeAt(level)));
      if (blocks.back() != nullptr) model_.Take(pool_.LeafOf(blocks.back()), level);
    }
    for (const std::size_t which : script.freed) {
      pool_->Free(blocks[which]);
      model_.Give(pool_.LeafOf(blocks[which]));
      blocks[which] = nullptr;
    }
    held_.resize(script.requests.size());
    for (std::size_t i = 0; i < script.given.size(); ++i) {
      for (const std::size_t which : script.given[i]) {
        if (blocks[which] != nullptr) held_[i].push_back(blocks[which]);
        blocks[which] = nullptr;
      }
    }
    for (void* const block : blocks) {
      if (block != nullptr) rest_.push_back(block);
    }
  }

  // One request of a context, which `how` makes as it likes: others may come in its
  // middle, but nothing else happens there.
  template <class How>
  void Do(std::size_t context, const QuadRequest& request, const How& how) {
    DoWith(request, held_[context], how);
  }
  void Do(std::size_t context, const QuadRequest& request) {
    Do(context, request, [](const auto& operation) { operation(); });
  }

  bool Explained() const {
    return !faulty_ && QuadHistoryChecker::IsLinearizable(model_, events_);
  }
  std::string Described() const {
    return "before: " + model_.Map() + "\n" + QuadHistoryChecker::Described(events_);
  }
  std::uint64_t failures() const { return failures_; }

  // Frees all; whether nothing is missing then.
  bool EndsWhole() {
    for (const auto& held : held_) rest_.insert(rest_.end(), held.begin(), held.end());
    std::size_t used = 0;
    for (void* const block : rest_) used += pool_->SizeOf(block) / pool_.min_block_size;
    bool whole = pool_.SoundAtRest(used);
    for (void* const block : rest_) whole = pool_->Free(block) == Error::kOk && whole;
    whole = whole && pool_.SoundAtRest(0) && pool_.misuse.count == 0;
    return whole && pool_.Drain(script_.options.max_block_size).size() ==
                        script_.options.block_count;
  }

 private:
  using Kind = QuadEvent::Kind;

  template <class How>
  void DoWith(const QuadRequest& request, std::vector<void*>& held, const How& how) {
    const std::uint64_t begin = ++clock_;
    switch (request.kind) {
      case QuadRequest::Kind::kAllocate: {
        const std::size_t size = pool_->BlockSizeAt(request.level);
        QuadPool::Allocation got = {};
        how([&] { got = pool_->TryAllocate(size); });
        Note(got, request.level, begin);
        if (got.error == Error::kOk) held.push_back(got.block);
        break;
      }
      case QuadRequest::Kind::kFree: {
        if (held.empty()) break;
        const std::size_t which = request.which % held.size();
        void* const block = held[which];
        held[which] = held.back();
        held.pop_back();
        const int level = LevelOf(block);
        Error error = Error::kOk;
        how([&] { error = pool_->Free(block); });
        faulty_ = error != Error::kOk || faulty_;
        events_.push_back({Kind::kFreed, level, pool_.LeafOf(block), begin, ++clock_});
        break;
      }
      case QuadRequest::Kind::kReallocate: {
        if (held.empty()) break;
        void*& block = held[request.which % held.size()];
        const int level = LevelOf(block);
        if (level == request.level) break;
        const std::size_t size = pool_->BlockSizeAt(request.level);
        QuadPool::Allocation got = {};
        how([&] { got = pool_->TryReallocate(block, size); });
        // Two operations, in this order, with nothing between them that could be seen.
        Note(got, request.level, begin);
        if (got.error != Error::kOk) break;
        events_.push_back({Kind::kFreed, level, pool_.LeafOf(block), begin, clock_});
        block = got.block;
        break;
      }
      case QuadRequest::Kind::kDefragment: how([&] { pool_->Defragment(); }); break;
    }
  }
  void Note(const QuadPool::Allocation& got, int level, std::uint64_t begin) {
    const bool ok = got.error == Error::kOk;
    faulty_ = (!ok && got.error != Error::kExhausted) || faulty_;
    failures_ += !ok;
    events_.push_back({ok ? Kind::kAllocated : Kind::kExhausted, level,
                       ok ? pool_.LeafOf(got.block) : 0, begin, ++clock_});
  }
  int LevelOf(const void* block) {
    int level = 0;
    while (pool_->BlockSizeAt(level) < pool_->SizeOf(block)) ++level;
    return level;
  }

  const QuadScript& script_;
  TestQuadPool pool_;
  QuadModel model_;  // before all
  std::vector<std::vector<void*>> held_;
  std::vector<void*> rest_;  // nobody's
  std::vector<QuadEvent> events_;
  std::uint64_t clock_ = 0;
  std::uint64_t failures_ = 0;
  bool faulty_ = false;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_QUAD_SCRIPT_H_
