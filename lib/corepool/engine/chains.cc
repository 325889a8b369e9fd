// BlockPool: steps of the free list, one block or many at a time.

#include <cstddef>

#include "corepool/engine/alarms.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "corepool/port/port.h"

namespace corepool::engine {

Alarms::Seen BlockPool::LookAtAlarms() const {
  return parts_.alarms == nullptr ? Alarms::Seen{} : parts_.alarms->Look();
}

void BlockPool::NoteListed(const Alarms::Seen& seen, Index before, Index after) const {
  if (parts_.alarms == nullptr || cached()) return;
  const auto level = [this] { return CountInUse(); };
  // Once indices have been burned, which is rare, nobody can tell how many of them
  // were off the list before.
  if (Burned() != 0) {
    parts_.alarms->Settle(level);
    return;
  }
  const lockfree::Word count = parts_.space.count;
  parts_.alarms->Note(seen, count - before, count - after, level);
}

lockfree::TaggedStack::Popped BlockPool::PopListed() const {
  const Alarms::Seen seen = LookAtAlarms();
  const auto popped = state_.free_blocks.Pop(parts_.space);
  if (popped.index != parts_.space.count) {
    NoteListed(seen, popped.depth, static_cast<Index>(popped.depth - 1));
  }
  return popped;
}

lockfree::TaggedStack::Chain BlockPool::PopListed(Index least, Index most) const {
  const Alarms::Seen seen = LookAtAlarms();
  const auto popped = state_.free_blocks.PopChain(parts_.space, least, most);
  if (popped.taken != 0) {
    NoteListed(seen, popped.depth, static_cast<Index>(popped.depth - popped.taken));
  }
  return popped;
}

void BlockPool::PushListed(Index first, Index last, Index length) const {
  if (parts_.alarms == nullptr || cached()) {
    state_.free_blocks.PushChain(parts_.space, first, last, length);
    return;
  }
  const Alarms::Seen seen = parts_.alarms->Look();
  lockfree::Backoff backoff;
  lockfree::Word head = state_.free_blocks.Head(parts_.space);
  Index depth = state_.free_blocks.DepthOf(parts_.space, head);
  while (!state_.free_blocks.PushChainOnto(parts_.space, head, depth, first, last,
                                           length)) {
    backoff.Wait();
    depth = state_.free_blocks.DepthOf(parts_.space, head);
  }
  NoteListed(seen, depth, static_cast<Index>(depth + length));
}

lockfree::Word BlockPool::CountInUse() const {
  for (;;) {
    const lockfree::Word burned = Burned();
    const lockfree::Word head = state_.free_blocks.Head(parts_.space);
    const Index depth = state_.free_blocks.DepthOf(parts_.space, head);
    if (state_.free_blocks.Head(parts_.space) == head && Burned() == burned) {
      return UsedAt(depth, burned);
    }
  }
}

BlockPool::Chain BlockPool::AllocateExactly(std::size_t length) const {
  if (length > parts_.space.count) return {Exhausted(), 0, 0};
  return AllocateChain(static_cast<Index>(length), static_cast<Index>(length), true);
}

BlockPool::Chain BlockPool::AllocateUpTo(std::size_t most) const {
  const Index bound =
      most < parts_.space.count ? static_cast<Index>(most) : parts_.space.count;
  return AllocateChain(1, bound, false);
}

BlockPool::Chain BlockPool::AllocateChain(Index least, Index most,
                                          bool refuse_damaged) const {
  const auto popped = PopListed(least, most);
  if (popped.taken == 0) return {Exhausted(), 0, 0};

  Error damaged = Error::kOk;
  Index last = popped.first;
  for (Index i = 0, index = popped.first; i < popped.taken; ++i) {
    const Index next = parts_.space.Next(index);
    // Cookies are read here, and blocks soon written to by their user.
    if (parts_.state.cookies() && i + 1u < popped.taken) {
      port::Port::PrefetchForWrite(parts_.layout.BlockAt(next));
    }
    void* const block = parts_.layout.BlockAt(index);
    const Finding finding = Examine(index, block);
    if (finding.error != Error::kOk) {
      if (damaged == Error::kOk) damaged = finding.error;
      MarkMemory(block);
      Report(finding.error, block, index, finding.damage);
    }
    last = index;
    index = next;
  }
  if (damaged != Error::kOk && refuse_damaged) {
    PushListed(popped.first, last, popped.taken);
    state_.put_back.Add(popped.taken);
    ServeWaiters(popped.taken);
    return {damaged, 0, 0};
  }
  state_.peak.Raise(parts_.space.count - lockfree::Word{popped.depth} + popped.taken);
  return {Error::kOk, popped.first, popped.taken};
}

void* BlockPool::HandOut(Index index) const {
  void* const block = parts_.layout.BlockAt(index);
  parts_.state.SetAllocated(index);
  Equip(block);
  return block;
}

void BlockPool::FreeBatch::Add(void* block) {
  const PoolParts& parts = pool_.parts_;
  const std::size_t found = parts.layout.IndexOf(block);
  const bool ours = found < parts.space.count;
  const auto index = static_cast<Index>(found);
  const bool singly = parts.hooks != nullptr;
  const Error error = !ours    ? pool_.RefuseAddress(block)
                      : singly ? pool_.Free(index, block)
                               : pool_.Retire(index, block);
  if (error_ == Error::kOk) error_ = error;
  if (!ours || singly || error == Error::kDoubleFree) return;
  // The last block given ends up on top, as if freed one after another.
  if (length_ == 0) {
    bottom_ = index;
  } else {
    parts.space.SetNext(index, top_);
  }
  top_ = index;
  ++length_;
}

Error BlockPool::FreeBatch::Commit() {
  if (length_ > 0) {
    pool_.PushListed(top_, bottom_, length_);
    pool_.ServeWaiters(length_);
  }
  return error_;
}

}  // namespace corepool::engine
