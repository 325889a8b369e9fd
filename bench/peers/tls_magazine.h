// The baseline of all caches: two magazines per thread, and a depot behind a mutex.
// Source: Bonwick and Adams, "Magazines and Vmem", USENIX 2001.

#ifndef COREPOOL_BENCH_PEERS_TLS_MAGAZINE_H_
#define COREPOOL_BENCH_PEERS_TLS_MAGAZINE_H_

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "bench/peers/block_array.h"

namespace corepool::bench {

// Alone on its lines: two threads' counts on one would cost several times as much.
struct alignas(128) Magazine {
  static constexpr std::size_t kMostRounds = 64;

  std::size_t rounds = 0;
  void* blocks[kMostRounds];
};

// Magazines that no thread has. Those with blocks are as good as full ones: only the
// last of a thread that has ended may be partly filled.
class MagazineDepot {
 public:
  explicit MagazineDepot(const BlockArray& blocks) {
    for (std::size_t i = 0; i < blocks.count(); ++i) {
      if (i % Magazine::kMostRounds == 0) filled_.push_back(new Magazine);
      Magazine& magazine = *filled_.back();
      magazine.blocks[magazine.rounds++] = blocks[i];
    }
    // As many again, and two for each thread, are needed at most.
    empty_.reserve(2 * filled_.size());
    filled_.reserve(2 * filled_.size());
  }

  // A magazine with blocks for an empty one, or nullptr.
  Magazine* ExchangeEmpty(Magazine* empty) {
    const std::scoped_lock lock(mutex_);
    if (filled_.empty()) return nullptr;
    empty_.push_back(empty);
    return Take(filled_);
  }

  Magazine* ExchangeFull(Magazine* full) {
    const std::scoped_lock lock(mutex_);
    filled_.push_back(full);
    return TakeEmpty();
  }

  Magazine* TakeOne() {
    const std::scoped_lock lock(mutex_);
    return TakeEmpty();
  }

  void Return(Magazine* magazine) {
    const std::scoped_lock lock(mutex_);
    (magazine->rounds == 0 ? empty_ : filled_).push_back(magazine);
  }

 private:
  static Magazine* Take(std::vector<Magazine*>& magazines) {
    Magazine* const magazine = magazines.back();
    magazines.pop_back();
    return magazine;
  }
  Magazine* TakeEmpty() { return empty_.empty() ? new Magazine : Take(empty_); }

  std::mutex mutex_;
  std::vector<Magazine*> filled_;
  std::vector<Magazine*> empty_;
};

// A thread's two magazines: one that is used, and one that was.
class MagazineCache {
 public:
  constexpr MagazineCache() = default;

  void Attach(MagazineDepot& depot) {
    loaded_ = depot.TakeOne();
    previous_ = depot.TakeOne();
  }
  void Detach(MagazineDepot& depot) {
    depot.Return(loaded_);
    depot.Return(previous_);
  }

  [[gnu::always_inline]] void* Allocate(MagazineDepot& depot) {
    if (loaded_->rounds == 0) [[unlikely]] {
      if (!Refill(depot)) return nullptr;
    }
    return loaded_->blocks[--loaded_->rounds];
  }

  [[gnu::always_inline]] void Free(MagazineDepot& depot, void* block) {
    if (loaded_->rounds == Magazine::kMostRounds) [[unlikely]] {
      MakeRoom(depot);
    }
    loaded_->blocks[loaded_->rounds++] = block;
  }

 private:
  [[gnu::noinline]] bool Refill(MagazineDepot& depot) {
    std::swap(loaded_, previous_);
    if (loaded_->rounds != 0) return true;
    Magazine* const filled = depot.ExchangeEmpty(loaded_);
    if (filled == nullptr) return false;
    loaded_ = filled;
    return true;
  }

  [[gnu::noinline]] void MakeRoom(MagazineDepot& depot) {
    std::swap(loaded_, previous_);
    if (loaded_->rounds != 0) loaded_ = depot.ExchangeFull(loaded_);
  }

  Magazine* loaded_ = nullptr;
  Magazine* previous_ = nullptr;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_TLS_MAGAZINE_H_
