// A list of free blocks, linked through their first words: bare, and behind locks.

#ifndef COREPOOL_BENCH_PEERS_LIST_ADAPTERS_H_
#define COREPOOL_BENCH_PEERS_LIST_ADAPTERS_H_

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <mutex>

#include "bench/peers/block_array.h"
#include "bench/peers/cpu.h"

namespace corepool::bench {

class BlockList {
 public:
  explicit BlockList(const BlockArray& blocks) {
    for (std::size_t i = blocks.count(); i-- > 0;) Push(blocks[i]);
  }

  [[gnu::always_inline]] void* Pop() {
    Link* const top = top_;
    top_ = top->next;
    return top;
  }
  [[gnu::always_inline]] void Push(void* block) {
    auto* const link = static_cast<Link*>(block);
    link->next = top_;
    top_ = link;
  }

 private:
  struct Link {
    Link* next;
  };

  Link* top_ = nullptr;
};

// What the least possible work costs: one thread, no check, no atomic access.
class ListAdapter {
 public:
  static constexpr bool kOneThread = true;

  explicit ListAdapter(const BlockArray& blocks) : list_(new BlockList(blocks)) {}

  [[gnu::always_inline]] void* Allocate() { return list_->Pop(); }
  [[gnu::always_inline]] void Free(void* block) { list_->Push(block); }

 private:
  BlockList* list_;
};

// Tests before it sets, and leaves the CPU now and then: with more threads than cores
// the holder may be waiting for it.
class SpinLock {
 public:
  void lock() {
    Patience patience;
    while (locked_.exchange(true, std::memory_order_acquire)) {
      while (locked_.load(std::memory_order_relaxed)) patience.Wait();
    }
  }
  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> locked_{false};
};

template <class Mutex>
class LockedListAdapter {
 public:
  explicit LockedListAdapter(const BlockArray& blocks) : shared_(new Shared(blocks)) {}

  [[gnu::always_inline]] void* Allocate() {
    const std::scoped_lock lock(shared_->mutex);
    return shared_->list.Pop();
  }
  [[gnu::always_inline]] void Free(void* block) {
    const std::scoped_lock lock(shared_->mutex);
    shared_->list.Push(block);
  }

 private:
  struct Shared {
    explicit Shared(const BlockArray& blocks) : list(blocks) {}
    alignas(64) Mutex mutex;
    BlockList list;
  };

  Shared* shared_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_LIST_ADAPTERS_H_
