// What PoolFace's operations are made of, beyond their first few instructions.

#ifndef COREPOOL_ENGINE_POOL_PATHS_H_
#define COREPOOL_ENGINE_POOL_PATHS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/block_fill.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/return_address.h"
#include "corepool/wait_port.h"

namespace corepool::engine {

// For PoolFace alone, which has the same parameters and is derived from it.
template <class Pool, class Block, class Cores>
class PoolPaths {
 public:
  struct Allocation {
    Error error;   // kOk, or one of those of Allocate
    Block* block;  // nullptr unless kOk
  };

 protected:
  const Pool& pool() const { return static_cast<const Pool&>(*this); }

  // Calls `use` with a view of the pool. For cold paths: on a hot one the view, and
  // what it refers to, would have to be in memory in case it is needed.
  template <class Use>
  auto WithView(const Use& use) const {
    const auto& parts = pool().parts();
    return use(BlockPool(parts, pool().state_));
  }

  void FillFrom(std::span<Block*> blocks, const BlockPool& view,
                const BlockPool::Chain& chain) const {
    lockfree::Index index = chain.first;
    for (lockfree::Index i = 0; i < chain.length; ++i) {
      const lockfree::Index next = pool().parts().space.Next(index);
      blocks[i] = static_cast<Block*>(view.HandOut(index));
      index = next;
    }
  }

  COREPOOL_INLINE static bool MarkFreeByCookie(const PoolParts& parts, void* block) {
    if constexpr (Pool::kBeginsAllZero) {
      return parts.state.MarkFreePlainly(parts.layout, block);
    } else {
      return parts.state.SetCookie(block);
    }
  }

  // What a magazine may give or take of `count` blocks.
  COREPOOL_INLINE static std::size_t AtOnce(const PoolParts& parts, std::size_t count) {
    return count < parts.cache.limit ? count : parts.cache.limit;
  }

  // Unless bulks take chains: fills the front of `blocks` and returns how many; `error`
  // is the first. Goes on after a refused block unless `strictly`.
  std::size_t Gather(std::span<Block*> blocks, bool strictly, Error& error) {
    const auto& parts = pool().parts();
    std::size_t done = 0;
    if (strictly && blocks.size() > parts.layout.count()) {
      error = Exhausted().error;
      return 0;
    }
    while (done < blocks.size()) {
      std::size_t popped = 0;
      if constexpr (Cores::kRestartable) {
        if (parts.caching == corepool::Caching::kRseq) {
          const std::size_t wanted = AtOnce(parts, blocks.size() - done);
          if (Cores::PopMany(parts.cache.area, parts.cache.cores, blocks.data() + done,
                             wanted)) [[likely]] {
            popped = wanted;
          }
        }
      }
      if (popped == 0) [[unlikely]]
        popped = PopElsewhere(blocks.subspan(done));
      if (popped == 0) [[unlikely]] {
        // A call that asked for some, and got some, has not failed.
        if (!strictly && done > 0) break;
        const Error exhausted = Exhausted().error;
        if (error == Error::kOk) error = exhausted;
        break;
      }
      // A block that is refused changes places with the last one popped.
      std::size_t end = done + popped;
      while ((done += CountPrepared(blocks.subspan(done, end - done))) < end) {
        const Error refusal = Prepare(blocks[done]).error;
        if (refusal == Error::kOk) {
          ++done;
          continue;
        }
        if (error == Error::kOk) error = refusal;
        blocks[done] = blocks[--end];
      }
      if (strictly && error != Error::kOk) [[unlikely]]
        break;
    }
    return done;
  }

  // How many blocks at the front have been made ready to be pushed: all up to the first
  // that a few instructions are not enough for. Each loop works on copies, which what
  // is written to blocks cannot change.
  COREPOOL_INLINE std::size_t CountRetired(std::span<Block* const> blocks) const {
    const BlockLayout layout = pool().parts().layout;
    const BlockState state = pool().parts().state;
    std::size_t i = 0;
    if (pool().parts().checking == corepool::Checking::kFull) {
      return CountRetiredFilled(blocks);
    }
    if (state.marks() == Marks::kCookie) {
      while (i < blocks.size() && layout.IsBlock(blocks[i]) &&
             state.SetCookie(blocks[i])) {
        ++i;
      }
      return i;
    }
    if (state.marks() == Marks::kNone && layout.AreBlocks(blocks)) [[likely]]
      return blocks.size();
    while (i < blocks.size() && layout.IsBlock(blocks[i]) &&
           state.MarkFreePlainly(layout, blocks[i])) {
      ++i;
    }
    return i;
  }
  // How many have been made their user's.
  COREPOOL_INLINE std::size_t CountPrepared(std::span<Block* const> blocks) const {
    const BlockLayout layout = pool().parts().layout;
    const BlockState state = pool().parts().state;
    std::size_t i = 0;
    if (state.marks() == Marks::kNone) return blocks.size();
    if (pool().parts().checking == corepool::Checking::kFull) {
      return CountPreparedFilled(blocks);
    }
    if (pool().parts().path == FastPath::kByCookie) {
      while (i < blocks.size() && state.ClearCookie(blocks[i])) ++i;
    } else {
      while (i < blocks.size() && state.MarkAllocatedPlainly(layout, blocks[i])) ++i;
    }
    return i;
  }

  // The same with kFull: kFilled is the path that a few instructions are enough for.
  [[gnu::noinline]] std::size_t CountRetiredFilled(
      std::span<Block* const> blocks) const {
    const auto& parts = pool().parts();
    std::size_t i = 0;
    if (parts.path != FastPath::kFilled) return i;
    while (i < blocks.size() && parts.layout.IsBlock(blocks[i]) &&
           RetireFilled(parts, blocks[i])) {
      ++i;
    }
    return i;
  }
  [[gnu::noinline]] std::size_t CountPreparedFilled(
      std::span<Block* const> blocks) const {
    const auto& parts = pool().parts();
    std::size_t i = 0;
    if (parts.path != FastPath::kFilled) return i;
    while (i < blocks.size() && PrepareFilled(parts, blocks[i])) ++i;
    return i;
  }

  // PoolParts::FillOf, of a pool with cookies.
  COREPOOL_INLINE static BlockFill FillOf(const PoolParts& parts, void* block) {
    return BlockFill(block, sizeof(Cookie), parts.block_size, parts.layout.stride());
  }
  // On the path kFilled, for one block. False if something is wrong; then nothing has
  // changed.
  COREPOOL_INLINE static bool RetireFilled(const PoolParts& parts, void* block) {
    const BlockFill fill = FillOf(parts, block);
    if (!fill.IsGuardIntact() || !parts.state.SetCookie(block)) [[unlikely]]
      return false;
    fill.Fill();
    return true;
  }
  COREPOOL_INLINE static bool PrepareFilled(const PoolParts& parts, void* block) {
    return FillOf(parts, block).IsIntact() && parts.state.ClearCookie(block);
  }

  // Pushes blocks that are ready. The error is BlockPool::Push's.
  COREPOOL_INLINE Error Scatter(std::span<Block* const> blocks) {
    const auto& parts = pool().parts();
    Error error = Error::kOk;
    while (!blocks.empty()) {
      std::size_t pushed = 0;
      if constexpr (Cores::kRestartable) {
        if (parts.caching == corepool::Caching::kRseq) {
          const std::size_t given = AtOnce(parts, blocks.size());
          if (Cores::PushMany(parts.cache.area, parts.cache.cores, parts.cache.limit,
                              blocks.data(), given)) [[likely]] {
            pushed = given;
            ServeWaiters(parts, pushed);
          }
        }
      }
      if (pushed == 0) [[unlikely]]
        pushed = PushElsewhere(blocks, error);
      blocks = blocks.subspan(pushed);
    }
    return error;
  }

  // After a push that no view has done.
  COREPOOL_INLINE static void ServeWaiters(const PoolParts& parts, std::size_t freed) {
    if (parts.waiters != nullptr && parts.waiters->IsAwaited()) [[unlikely]] {
      parts.waiters->Serve(freed);
    }
  }
  [[gnu::noinline]] Error ServeOutOfLine() const {
    ServeWaiters(pool().parts(), 1);
    return Error::kOk;
  }

  // For the pool's own waiters.
  static bool TakeForWaiter(const void* pool, const WaitRequest&, WaitHandle& handle,
                            bool& again) {
    const auto& parts = static_cast<const Pool*>(pool)->parts();
    PoolState& state = static_cast<const Pool*>(pool)->state_;
    const BlockPool view(parts, state, BlockPool::Serving::kNo);
    void* const block = view.TakeForWaiter(again);
    if (block == nullptr) return false;
    handle = static_cast<WaitHandle>(parts.layout.IndexOf(block));
    return true;
  }
  static void PutBackForWaiter(const void* pool, WaitHandle handle) {
    const auto& parts = static_cast<const Pool*>(pool)->parts();
    PoolState& state = static_cast<const Pool*>(pool)->state_;
    BlockPool(parts, state, BlockPool::Serving::kNo)
        .TakeBack(parts.layout.BlockAt(static_cast<lockfree::Index>(handle)));
  }
  static constexpr WaitOperations kWaitOperations{&TakeForWaiter, &PutBackForWaiter,
                                                  true};

  // AllocateUntil where nothing was free.
  COREPOOL_COLD Allocation Wait(Ticks deadline, std::uint8_t priority, OwnerTag owner) {
    const auto& parts = pool().parts();
    WaitHandle handle = 0;
    // A StaticPool's table learns of it now.
    Error error = parts.waiters->Attach(&pool(), kWaitOperations);
    if (error == Error::kOk) {
      error = parts.waiters->Wait({}, deadline, priority, handle);
    }
    if (error != Error::kOk) return {error, nullptr};
    void* const block = parts.layout.BlockAt(static_cast<lockfree::Index>(handle));
    return Owned({Error::kOk, static_cast<Block*>(block)}, owner);
  }

  // The rest is out of line.
  static Allocation As(const BlockPool::Got& got) {
    return {got.error, static_cast<Block*>(got.block)};
  }

  COREPOOL_COLD Allocation Exhausted() {
    if (!pool().is_initialized()) return {Error::kNotInitialized, nullptr};
    return {WithView([&](const BlockPool& view) { return view.Exhausted(); }), nullptr};
  }
  COREPOOL_COLD Allocation AllocateElsewhere() {
    return As(WithView([&](const BlockPool& view) { return view.AllocateSlowly(); }));
  }
  COREPOOL_COLD Allocation Prepare(void* block) {
    return As(WithView([&](const BlockPool& view) { return view.Prepare(block); }));
  }
  // Or frees it, if it is a block that fast paths do not know.
  COREPOOL_COLD Error RefuseAddress(Block* address) {
    if (address != nullptr && !pool().is_initialized()) return Error::kNotInitialized;
    return WithView([&](const BlockPool& view) {
      const auto& layout = pool().parts().layout;
      const std::size_t index =
          layout.is_scattered() ? layout.IndexOf(address) : layout.count();
      return index < layout.count()
                 ? view.Free(static_cast<lockfree::Index>(index), address)
                 : view.RefuseAddress(address);
    });
  }
  COREPOOL_COLD Error RefuseDoubleFree(lockfree::Index index, const void* block) {
    return WithView(
        [&](const BlockPool& view) { return view.RefuseDoubleFree(index, block); });
  }
  // With kFull: who has an allocated block now, if there is one.
  COREPOOL_INLINE void NoteOwner(const void* block, OwnerTag owner) const {
    const auto& parts = pool().parts();
    if (parts.owners == nullptr || block == nullptr) return;
    parts.owners[parts.layout.IndexOf(block)].store(owner, lockfree::kRelaxed);
  }
  COREPOOL_COLD void NoteOwners(std::span<Block* const> blocks, OwnerTag owner) const {
    for (const Block* const block : blocks) NoteOwner(block, owner);
  }
  // What needs a view is apart from the rest, which then needs no frame.
  [[gnu::noinline]] Allocation AllocateByView(OwnerTag owner) {
    return Owned(As(WithView([&](const BlockPool& view) { return view.Allocate(); })),
                 owner);
  }
  COREPOOL_COLD Allocation AllocateElsewhereFor(OwnerTag owner) {
    return Owned(AllocateElsewhere(), owner);
  }
  COREPOOL_COLD Allocation PrepareFor(void* block, OwnerTag owner) {
    return Owned(Prepare(block), owner);
  }
  Allocation Owned(const Allocation& allocation, OwnerTag owner) const {
    NoteOwner(allocation.block, owner);
    return allocation;
  }
  [[gnu::noinline]] Error FreeByView(void* block) {
    const auto& parts = pool().parts();
    const auto index = static_cast<lockfree::Index>(parts.layout.IndexOf(block));
    return BlockPool(parts, pool().state_).Free(index, block);
  }
  [[gnu::noinline]] Error FreeUnasked(Block* block) {
    const auto& parts = pool().parts();
    const std::size_t index = parts.layout.IndexOf(block);
    if (index >= parts.layout.count()) return RefuseAddress(block);
    return BlockPool(parts, pool().state_)
        .FreeDirectly(static_cast<lockfree::Index>(index), block);
  }
  [[gnu::noinline]] Allocation AllocateOutOfLine() {
    if constexpr (Cores::kRestartable) {
      const auto& parts = pool().parts();
      if (parts.path > FastPath::kOutOfLine) {
        void* block;
        // As in TryAllocate: with a cookie, reading it fetches the block.
        const bool by_side = parts.path == FastPath::kBySide;
        if (by_side
                ? !Cores::PopAndPrefetch(parts.cache.area, parts.cache.cores, &block)
                : !Cores::Pop(parts.cache.area, parts.cache.cores, &block))
            [[unlikely]] {
          return AllocateElsewhereFor(port::ReturnAddress());
        }
        if (by_side ? !parts.state.MarkAllocatedPlainly(parts.layout, block)
                    : !PrepareFilled(parts, block)) [[unlikely]] {
          return PrepareFor(block, port::ReturnAddress());
        }
        // Such pools lie in a row, and calls that are none leave this without a frame.
        if (parts.owners != nullptr) {
          parts.owners[parts.layout.IndexInRow(block)].store(port::ReturnAddress(),
                                                             lockfree::kRelaxed);
        }
        return {Error::kOk, static_cast<Block*>(block)};
      }
    }
    return AllocateByView(port::ReturnAddress());
  }
  [[gnu::noinline]] Error FreeOutOfLine(void* block) {
    if constexpr (Cores::kRestartable) {
      const auto& parts = pool().parts();
      if (parts.path == FastPath::kBySide
              ? parts.state.MarkFreePlainly(parts.layout, block)
              : parts.path == FastPath::kFilled && RetireFilled(parts, block)) {
        if (!Cores::Push(parts.cache.area, parts.cache.cores, parts.cache.limit, block))
            [[unlikely]] {
          return PushElsewhere(block);
        }
        ServeWaiters(parts, 1);
        return Error::kOk;
      }
    }
    return FreeByView(block);
  }
  // One by one; the first error.
  Error FreeEach(std::span<Block* const> blocks) {
    Error error = Error::kOk;
    for (Block* const block : blocks) {
      const Error refusal = pool().parts().layout.IsBlock(block) ? FreeOutOfLine(block)
                                                                 : RefuseAddress(block);
      if (error == Error::kOk) error = refusal;
    }
    return error;
  }
  COREPOOL_COLD Error PushElsewhere(void* block) {
    return WithView([&](const BlockPool& view) {
      void* const pushed = block;
      return view.Push(&pushed, 1);
    });
  }
  // As Free for what comes before pushing.
  COREPOOL_COLD Error RetireElsewhere(void* block) {
    const auto& parts = pool().parts();
    const BlockPool view(parts, pool().state_);
    const std::size_t index = parts.layout.IndexOf(block);
    return index < parts.layout.count()
               ? view.Retire(static_cast<lockfree::Index>(index), block)
               : view.RefuseAddress(block);
  }

  // In between is an array of untyped pointers.
  static constexpr std::size_t kChunk = 32;
  COREPOOL_COLD std::size_t PopElsewhere(std::span<Block*> blocks) {
    void* chunk[kChunk];
    const std::size_t popped = WithView([&](const BlockPool& view) {
      lockfree::Word proof = 0;
      return view.PopOrProve(chunk, blocks.size() < kChunk ? blocks.size() : kChunk,
                             proof);
    });
    for (std::size_t i = 0; i < popped; ++i) {
      blocks[i] = static_cast<Block*>(chunk[i]);
    }
    return popped;
  }
  COREPOOL_COLD std::size_t PushElsewhere(std::span<Block* const> blocks,
                                          Error& error) {
    void* chunk[kChunk];
    const std::size_t count = blocks.size() < kChunk ? blocks.size() : kChunk;
    for (std::size_t i = 0; i < count; ++i) chunk[i] = blocks[i];
    const Error refusal =
        WithView([&](const BlockPool& view) { return view.Push(chunk, count); });
    if (error == Error::kOk) error = refusal;
    return count;
  }
  COREPOOL_COLD void TakeBack(std::span<Block*> blocks) {
    const auto& parts = pool().parts();
    const BlockPool view(parts, pool().state_);
    for (Block* const block : blocks) view.TakeBack(block);
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_PATHS_H_
