// BlockPool's part in growing.

#include "corepool/engine/growth.h"

#include <cstddef>

#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"

namespace corepool::engine {

// The proof: growth was over before the last look at the free blocks, and never begins
// again; and at an instant of that look none was free.
std::size_t BlockPool::PopOrGrow(void** blocks, std::size_t most,
                                 lockfree::Word& proof) const {
  for (;;) {
    const bool over = parts_.growth->IsOver();
    std::size_t count = PopBornOrProve(blocks, most, proof);
    if (count != 0 || over) return count;
    count = Grow(blocks, most);
    if (count != 0) return count;
  }
}

void BlockPool::LinkBornAndUnborn() const {
  const lockfree::StackSpace& space = parts_.space;
  const lockfree::Word popped = parts_.growth->popped.Get();
  Index top = space.count;
  for (Index index = space.count; index-- > 0;) {
    if (index < popped && !parts_.layout.HasBlock(index)) continue;  // burned
    space.SetAbove(index, top);
    top = index;
  }
  state_.free_blocks.ResetTo(space, top);
  parts_.growth->Restart();
}

// A call that has popped or pushed before the touch is counted here; one that comes
// later has seen the touch, and so what is burned, and looks again itself (NoteListed).
void BlockPool::TellAlarmsOfBurned() const {
  if (parts_.alarms == nullptr || cached()) return;
  // Counted as one block popped and put back.
  for (int i = 0; i < 2; ++i) {
    lockfree::Word seen = state_.free_blocks.Head(parts_.space);
    while (!state_.free_blocks.Touch(parts_.space, seen)) {
    }
  }
  state_.put_back.Add(1);
  parts_.alarms->Settle([this] { return CountInUse(); });
}

std::size_t BlockPool::Grow(void** blocks, std::size_t most) const {
  Growth& growth = *parts_.growth;
  const lockfree::StackSpace& space = parts_.space;
  lockfree::Word seen = state_.free_blocks.Head(space);
  const Index top = space.tagged.IndexOf(seen);
  if (parts_.layout.HasBlock(top)) return 0;  // freed meanwhile
  if (top == space.count ||
      growth.carver->CountOf(growth.stride, growth.alignment) == 0) {
    // Whoever has popped the last may not have said so yet.
    if (top == space.count) growth.popped.Raise(top);
    growth.SetOver();
    return 0;
  }
  const auto unborn = static_cast<Index>(space.count - top);
  const Index wanted = growth.step < unborn ? growth.step : unborn;
  const std::size_t own = most < wanted ? most : wanted;
  const lockfree::Word burned = growth.Burned();
  const lockfree::Word outstanding = cached() ? parts_.cache.state->TakeOut(own) : 0;
  const auto put_in = [this](std::size_t count) {
    if (cached()) parts_.cache.state->PutIn(count);
  };
  const Alarms::Seen alarms = LookAtAlarms();
  if (!state_.free_blocks.PopChainFrom(space, seen, wanted)) {
    put_in(own);
    return 0;
  }
  NoteListed(alarms, unborn, static_cast<Index>(unborn - wanted));
  // Before the memory is gone: who sees that it is, sees this (E40).
  growth.popped.Raise(lockfree::Word{top} + wanted);
  const auto piece = growth.carver->Take(growth.stride, growth.alignment, wanted);
  if (piece.count < wanted) {
    growth.Burn(wanted - piece.count);
    growth.SetOver();
    TellAlarmsOfBurned();
  }
  for (std::size_t i = 0; i < piece.count; ++i) {
    std::byte* const block = piece.begin + i * growth.stride;
    growth.scatter.Put(static_cast<Index>(top + i), block);
    MarkMemory(block);
    if (i < own) blocks[i] = block;
  }
  growth.born.Add(piece.count);
  if (piece.count <= own) {
    put_in(own - piece.count);
  } else {
    // Linked since they were popped, and at the bottom of no list any more.
    const auto rest = static_cast<Index>(piece.count - own);
    PushListed(static_cast<Index>(top + own), static_cast<Index>(top + piece.count - 1),
               rest);
    state_.put_back.Add(rest);
    ServeWaiters(rest);
  }
  const std::size_t got = piece.count < own ? piece.count : own;
  if (got > 0 && cached()) {
    parts_.cache.state->peak.Raise(outstanding - (own - got));
  } else if (got > 0) {
    state_.peak.Raise(UsedAt(unborn, burned) + got);
  }
  return got;
}

}  // namespace corepool::engine
